#pragma once

#include <filesystem>
#include <stop_token>

#include "control/lifeline.hpp"
#include "control/source.hpp"
#include "control/watcher.hpp"
#include "model/config.hpp"
#include "model/release.hpp"

namespace belay {

/// `build.local`: what commands make on this machine goes into the release beside what is committed.
struct LocallyBuilt {
  std::filesystem::path source;  // what is shipped; in the lifeline's directory
  BuiltHere what;
};

/// Runs the commands in `built_in`, a checkout of their own, then compares it with `shipped`: what is new or
/// different, `sync.exclude` and `ship` permitting, goes into a copy of `shipped`. Neither `shipped` nor the
/// repository is touched. Throws Error where a command fails, or `ship` names what is not there.
LocallyBuilt build_locally(const EnvironmentConfig&, const Checkout& shipped, const Checkout& built_in,
                           const Lifeline& life, Watcher&, std::stop_token);

}  // namespace belay
