#include <fmt/core.h>

#include "cli/environment_choice.hpp"
#include "cli/run_view.hpp"

namespace belay::cli {

int run(const command::Rollback& asked, Context& context) {
  const Chosen chosen = choose_environment(context.config, asked.environment, context.variable);
  return watch_run(
      context, asked.json, chosen.name, fmt::format("Rolling {} back on {}", chosen.config.app, chosen.name),
      "Stopping: what was done is being undone. Ctrl-C once more leaves; the host then does it by itself.",
      [&](Watcher& watcher, std::stop_token stop) {
        return while_doing(fmt::format("rolling {} back on {}", chosen.config.app, chosen.name), [&] {
          return roll_back(chosen.config, chosen.environment(), asked.release, asked.wait, watcher, stop);
        });
      });
}

}  // namespace belay::cli
