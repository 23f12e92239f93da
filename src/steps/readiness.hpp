#pragma once

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "drivers/docker.hpp"
#include "drivers/health_probe.hpp"
#include "drivers/health_targets.hpp"
#include "steps/context.hpp"

namespace belay {

/// Whether the candidates are up, by what the Engine knows of them and by their ports.

/// Throws Error if the attempt made more containers for its release than these. Others may have removed a
/// container that was stopped (`docker container prune`).
void require_whole(const Context&, std::size_t containers);
/// What each of the candidate's containers is asked. Throws Error unless all of them are there.
std::vector<HealthTarget> candidate_targets(const Context&);

/// Watches the candidates from before their first start. One that dies before it is ready is started again as
/// its restart policy says; each such death and its last words are output of the step.
void watch_candidates(Context&, StepName, std::vector<docker::Container>);

/// What is asked of a container beyond running.
struct ReadinessRules {
  /// A published port that does not accept yet is waited for so long after the start. Where there is no
  /// health URL, the port of a service that accepted before is waited for to the end, since it is then the
  /// only sign.
  std::chrono::milliseconds published_port{};
  /// Containers with neither HEALTHCHECK nor listening port have to have run for so long.
  std::chrono::milliseconds quiet{};
  /// Services that never run twice are not looked at: they have not been started yet.
  bool without_replaced = false;
  /// Whether the HEALTHCHECK of a container that a URL is asked of is waited for, too.
  bool healthcheck_of_asked = true;
  /// Whether the port of a URL is waited for: not where the answer to the URL itself says more.
  bool port_of_asked = true;
};

/// Waits until every candidate is ready, for as long as the health check or its own HEALTHCHECK is patient.
/// Throws Error that says what is missing. Returns early if stopped. Returns a sentence for each container
/// that publishes ports of which none accepts: nobody knows whether one ever should.
std::vector<std::string> wait_until_ready(Context&, const ReadinessRules&, std::stop_token);

/// Shows each attempt at a health check as progress and output of the step.
AttemptSink attempts_shown(Context&, StepName, const HealthCheck&);

/// A death seen while something else was waited for explains whatever that wait found. Throws Error of it; of
/// the wish to stop as well.
void throw_if_candidate_died(Context&);

/// Notes which container made the step fail, for its log.
Error failure_of(Context&, const std::string& container_id, Error);

}  // namespace belay
