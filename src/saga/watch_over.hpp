#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "model/config.hpp"
#include "model/layout.hpp"
#include "model/masks.hpp"
#include "saga/controller.hpp"

namespace belay {

/// A run that is about to be executed, and what only this process's memory has of it.
struct OpenedRun {
  std::string run;
  Hearing hearing;
  std::vector<RegistryLogin> logins{};
  Values variables{};
  Masks masks{};  // of what the log says
};

/// The guard's work: has the run executed in a child, and goes on with its journal if that child dies. What
/// then is still unfinished (a full disk, say) is tried again for about ten minutes, without the lock between
/// the tries. `on_executor` is called once the executor exists. Returns when the run is closed for good, or
/// when it is left to the next command or a boot.
void watch_over(const Layout&, OpenedRun&, FileLock, const std::function<void()>& on_executor = {});

}  // namespace belay
