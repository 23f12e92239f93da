#pragma once

#include <string>

#include "base/deadline.hpp"
#include "model/container_command.hpp"
#include "steps/context.hpp"

namespace belay {

/// A command in a container of its own, made like the candidate's container of a service, which nobody can
/// reach: nothing that serves is touched.
struct OneOff {
  std::string role;  // label belay.role, and part of the container's name: "migration", "hook"
  const ReleasedService& service;
  ContainerCommand command;
  bool entrypoint = true;  // through the image's ENTRYPOINT, as `docker compose run`
};

/// Runs it to its end and returns its exit code. The container stays if the code is not 0, for its log.
int run_one_off(Context&, const OneOff&, const docker::Engine::LineSink&, Deadline);

/// Removes what earlier commands of that role left.
void remove_one_offs(const Context&, const std::string& role);

}  // namespace belay
