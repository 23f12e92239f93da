#pragma once

#include <functional>

#include "control/deployment.hpp"

namespace belay::samples {

/// Journals of runs as the host writes them, for the views' and the report's tests and for view_demo. Times
/// are fixed, so that what is drawn from them is too.

/// 2026-01-12T10:33:00Z: when each sample's first record is written.
Time start();

Plan sample_plan();

std::vector<Record> deployed();           // with adoption, backup, migration
std::vector<Record> migration_fails();    // before the switch: the old release never stopped
std::vector<Record> candidate_crashes();  // after the switch: the old one is started again
std::vector<Record> first_deployment_fails();
std::vector<Record> rollback_fails();  // nothing good serves, and an undo that fails
std::vector<Record> executor_dies();   // and the guard finishes
std::vector<Record> left_in_place();   // rollback: false
std::vector<Record> rolled_back_as_asked();

/// The end of a run, as control hands it to the report.
Ending ending_of(const std::vector<Record>&);

/// What the controller saw before and between the records of a deployment, told to a view. `pause` is called
/// with the time to wait before what comes next (the demo sleeps, a test notes it).
using Pause = std::function<void(std::chrono::milliseconds)>;
void tell_gate(Watcher&, const Pause&, bool failing = false);
void tell_connection(Watcher&, const Pause&);
/// The records in their own time; the source's transfer and the questions from here where the run awaits
/// them.
void tell_records(Watcher&, const std::vector<Record>&, const Pause&);

}  // namespace belay::samples
