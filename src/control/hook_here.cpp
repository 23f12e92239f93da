#include "control/hook_here.hpp"

#include <map>

#include "base/process.hpp"
#include "control/lifeline.hpp"
#include "control/quoting.hpp"
#include "model/last_lines.hpp"
#include "model/secrets.hpp"
#include "model/shell_command.hpp"

namespace belay {

namespace {
constexpr std::size_t shown_on_failure = 20;
}

std::string run_hook_here(const Hook& hook, const EnvironmentConfig& environment,
                          const std::filesystem::path& directory, const Values& belays_variables,
                          const std::function<void(const std::string&)>& said, std::stop_token stop) {
  const Lifeline life("hook-");
  const auto [script, parameters] = shell_command(hook.command, environment.variables);
  auto command = life.tied(hook.words.empty() ? script : "exec " + sh_joined(hook.words));
  command.directory = directory;
  command.set = belays_variables;
  command.set.insert(parameters.begin(), parameters.end());
  command.unset = {"BELAY_SSH_KEY"};
  const auto masks = masks_of(environment, environment.variables);
  std::map<Stream, MaskedLines> shown{{Stream::out, MaskedLines(masks)}, {Stream::err, MaskedLines(masks)}};
  LastLines last(shown_on_failure);
  const auto outcome =
      run(command, std::move(stop), Deadline::in(hook.timeout), [&](Stream stream, std::string_view line) {
        const auto text = shown.at(stream).line(line);
        last.add(text);
        said(text);
      });
  return outcome.ok() ? std::string{} : last.behind(outcome.described());
}

}  // namespace belay
