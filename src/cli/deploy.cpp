#include <fmt/core.h>

#include "cli/environment_choice.hpp"
#include "cli/run_view.hpp"

namespace belay::cli {

int run(const command::Deploy& asked, Context& context) {
  const Chosen chosen = choose_environment(context.config, asked.environment, context.variable);
  const DeployOptions options{asked.ref, asked.dirty, asked.skip_test, asked.wait};
  return watch_run(
      context, asked.json, chosen.name, fmt::format("Deploying {} to {}", chosen.config.app, chosen.name),
      "Stopping: what was done is being undone. Ctrl-C once more leaves; the host then does it by itself.",
      [&](Watcher& watcher, std::stop_token stop) {
        return while_doing(fmt::format("deploying {} to {}", chosen.config.app, chosen.name), [&] {
          return deploy(chosen.config, chosen.environment(), options, watcher, stop);
        });
      });
}

}  // namespace belay::cli
