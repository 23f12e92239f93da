#pragma once

#include <chrono>

#include "model/judgement.hpp"
#include "steps/context.hpp"

namespace belay {

/// How many windows a deployment has, which share the bound on false aborts.
int windows_of(const EnvironmentConfig&);

struct Window {
  StepName step{};
  std::chrono::milliseconds time{};
  AbortRule abort_if;
  bool holds_without_data = false;  // goes on beyond its time until enough is known
};

/// Watches candidate and current at the edge for that time; `belay promote` ends it early. Throws Error where
/// the candidate is worse, dies, or the deployment is to be stopped. Its return is one line for people.
std::string watch_window(Context&, const Window&);

}  // namespace belay
