#pragma once

#include <optional>

#include <sys/types.h>

#include "base/fd.hpp"
#include "base/process.hpp"

namespace belay {

/// The start and the end of a process, as run() and Child need them. Nobody else calls this.

/// What the new process finds as its standard descriptors; empty: /dev/null. Any descriptor will do,
/// close-on-exec or not; none but these three is inherited.
struct StandardDescriptors {
  std::optional<int> in, out, err;
};

struct Spawned {
  pid_t pid = -1;
  Fd pidfd;  // readable when the process has ended
};

/// Leads a process group of its own, with no signal blocked or ignored that we block or ignore. Throws Error
/// saying why the program could not be started; then there is no process.
Spawned spawn(const Command&, const StandardDescriptors&);

/// Reaps the process, waiting for its end.
Outcome reap(const Fd& pidfd);

}  // namespace belay
