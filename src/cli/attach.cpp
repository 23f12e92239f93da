#include "cli/environment_choice.hpp"
#include "cli/run_view.hpp"

namespace belay::cli {

int run(const command::Attach& asked, Context& context) {
  const Chosen chosen = choose_environment(context, asked.environment);
  return watch_run(context, asked.json, chosen.name, "Attaching to " + chosen.name,
                   "Leaving. The deployment goes on.", [&](Watcher& watcher, std::stop_token stop) {
                     return attach(chosen.environment(), watcher, std::move(stop));
                   });
}

}  // namespace belay::cli
