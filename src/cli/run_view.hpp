#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/context.hpp"
#include "cli/notices.hpp"
#include "control/deployment.hpp"

namespace belay::cli {

/// The view for this output: JSON lines if asked for, the live view on a terminal, plain lines elsewhere.
/// `title` stands over the live view until the run has said what it is.
std::unique_ptr<Watcher> make_view(Context&, bool json, const std::string& title);

/// What Ctrl-C means for a deployment or rollback.
inline constexpr const char* undone_on_interrupt =
    "Stopping: whatever was begun on the host is undone first. Ctrl-C again leaves at once; the host then "
    "does it "
    "alone.";

/// Watches a deployment, rollback or attached run to its end, prints the report, and returns the exit code.
/// Ctrl-C says, once, what happens now; twice, how to see it again. The audience is told how it ended.
int watch_run(Context&, bool json, const std::string& environment, const std::string& title,
              const std::string& on_interrupt, const std::function<Ending(Watcher&, std::stop_token)>&,
              const std::optional<Audience>& = std::nullopt);

}  // namespace belay::cli
