#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "control/deployment.hpp"
#include "model/notes.hpp"

namespace belay::cli {

/// The facts of a finished run, collected from its records: the report's material.
struct RunSummary {
  struct Step {
    std::string name;
    std::chrono::milliseconds took{0};
    bool failed = false;
    std::string summary{};  // of one that was done
  };
  struct Undo {
    std::string step;
    bool ok = true;
    std::string message, why;  // what was done, or why it could not be
    bool stays = false;        // nothing was taken back
  };

  Plan plan;
  std::string run, previous;  // previous: the release that served before; empty: none
  std::vector<Step> steps;    // those that began, in their order; the gate first
  std::vector<Undo> undone;
  std::vector<std::string> compose_warnings;  // of the release's compose files
  std::vector<StaleAccessory> accessories;    // left as they run
  std::optional<KeptFiles> replaced_edits;    // on the server, by the release
  struct Hooks {
    std::string step;
    std::vector<FailedHook> failed;
  };
  std::vector<Hooks> failed_hooks;           // they failed without failing the run; by step
  std::optional<event::StepFailed> failure;  // the first
  std::string recovered_by;                  // "guard" …; empty: the executor saw it through
  std::string unfinished;                    // the step that began and never ended; empty: none
  Time began{}, ended{};
  std::optional<Time> committed;
  event::Closed closed;
  std::vector<std::string> held_back;  // by sync.exclude, and named by the failure

  bool first_deployment() const { return previous.empty(); }
};

RunSummary summarise(const Ending&);

}  // namespace belay::cli
