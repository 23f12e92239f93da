#include <fmt/core.h>
#include <unistd.h>

#include "cli/host_question.hpp"

namespace belay::cli {

int run(const command::Exec& asked, Context& context) {
  const Chosen chosen = choose_environment(context, asked.environment);
  if (asked.argv.empty())
    throw Error(
        "which command?", "",
        fmt::format("Put it after two dashes:  belay exec {} -- npx prisma migrate status", chosen.name),
        ExitCode::bad_input);
  Session session = open_session(context, chosen);
  const auto containers =
      containers_named(containers_of(context, session, chosen), asked.service, chosen.name);
  const auto one = the_container(containers, "Choose with --service NAME.");

  const bool terminal = isatty(STDIN_FILENO) == 1 && context.out_surface.terminal;
  std::vector<std::string> argv = {"docker", "exec", "--interactive"};
  if (terminal) argv.emplace_back("--tty");
  argv.push_back(one.name);
  argv.insert(argv.end(), asked.argv.begin(), asked.argv.end());
  return session.run_in_foreground(argv, terminal, context.stop());
}

}  // namespace belay::cli
