#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "steps/context.hpp"

namespace belay {

/// Bringing back what served, and putting away what was to replace it.

/// The files of the environment (.env, or those of `env_files`) that were changed since the release that is
/// gone back to was made: it comes back with what stood in them then. Empty in a deployment.
std::vector<std::string> environment_moved_on(const Context&);

/// Stops the candidates, for good. What keeps one from being stopped must not keep the old release from being
/// started: it is returned.
std::optional<Error> stop_candidates(const Context&);

/// The first release failed: its container stays, stopped, under the name operators will ask for. For people:
/// what was done.
std::string leave_for_inspection(const Context&);

/// Starts those of them that ran, with their restart policies; each, whatever becomes of another. Their
/// names; the last trouble is put into `trouble`.
/// Of a run that is taken up again, only those that are off: what runs by now is left alone.
/// One that others removed is made again from what was kept of it; the commands of `post_start` run as at any
/// start.
std::vector<std::string> start_again(Context&, std::vector<PreviousContainer>, std::optional<Error>& trouble);

/// The same for those of them alone that ran and are off or gone now: others stopped them, or Docker did when
/// it went away. What runs is left alone.
std::vector<std::string> start_what_stopped(Context&, std::vector<PreviousContainer>,
                                            std::optional<Error>& trouble);

}  // namespace belay
