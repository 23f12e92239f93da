#pragma once

#include <string>

#include "cli/platform.hpp"
#include "control/deployment.hpp"

namespace belay::cli {

/// What the page of a CI job shows when a deployment or rollback is over, in Markdown. The first line is the
/// outcome in words for people who read no logs. Nothing in it is cut but logs and reasons, which keep their
/// last lines.
std::string step_summary(const Ending&);
JobResult job_result(const Ending&);

/// Of a command that failed before the host began. `text` is what the log says.
std::string error_summary(const Error&, const std::string& text, const std::string& environment);
/// Of an environment that a push does not concern.
std::string skipped_summary(const std::string& environment, const std::string& reason);

}  // namespace belay::cli
