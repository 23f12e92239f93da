#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "drivers/docker.hpp"
#include "steps/context.hpp"
#include "drivers/health_probe.hpp"

namespace belay {

/// Whether the candidates are up, by what the Engine knows of them.

std::vector<docker::Inspection> candidate_inspections(const Context&);

/// What keeps them from counting as ready: one does not run, its port (the health URL's, or its only one)
/// does not accept, its HEALTHCHECK does not say healthy. Empty: nothing. A HEALTHCHECK that has not spoken
/// yet is asked: the Engine would wait an interval for it.
std::string missing_for_readiness(const std::vector<docker::Inspection>&, const std::string& health_url,
                                  std::stop_token);

/// Shows each attempt at a health check as progress and output of the step.
AttemptSink attempts_shown(Context&, StepName);

/// A death seen while something else was waited for explains whatever that wait found. Throws Error of it; of
/// the wish to stop as well.
void throw_if_candidate_died(const Context&);

}  // namespace belay
