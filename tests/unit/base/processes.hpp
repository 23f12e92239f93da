#pragma once

#include <string>

#include <sys/types.h>

#include "base/process.hpp"

namespace belay {

/// What the tests on processes share.

Command shell(const std::string& script);
/// A hang guard: far more than anything here takes.
Deadline in_good_time();
/// Neither gone nor a zombie that waits for its parent.
bool runs(pid_t pid);
/// Whether it is gone, waiting for it up to the hang guard.
bool ends(pid_t pid);
/// True if this process has no child, not even a zombie.
bool has_no_child();
int open_descriptors();
pid_t pid_in(std::string_view line);

}  // namespace belay
