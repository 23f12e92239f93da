#include "cli/quiet_watcher.hpp"

#include <fmt/core.h>

#include "base/human.hpp"

namespace belay::cli {

void QuietWatcher::shipping_binary(std::uint64_t bytes) {
  err_.line(style_.dim(fmt::format("sending belay itself to the host, {}", human_bytes(bytes))));
}

void QuietWatcher::reconnecting(int attempt, const std::string& why) {
  err_.line(style_.dim(fmt::format("the line dropped ({}); connecting again, attempt {}", why, attempt)));
}

void QuietWatcher::notice(const std::string& text) {
  err_.line(style_.yellow("note: ") + text);
}

}  // namespace belay::cli
