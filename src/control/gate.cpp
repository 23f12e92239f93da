#include "control/gate.hpp"

#include "control/commands_here.hpp"

namespace belay {

std::filesystem::path gate_logs() {
  return logs_of_commands_here("gate");
}

GateResult run_gate(const EnvironmentConfig& environment, const Commit& commit,
                    const std::filesystem::path& source, const std::filesystem::path& logs,
                    const Lifeline& life, Watcher& watcher, std::stop_token stop) {
  GateResult result{.commands = count_of(environment.test)};
  if (result.commands == 0) return result;

  const auto begin = SteadyClock::now();
  watcher.gate_began(commit, result.commands);
  CommandsHere commands(
      environment, commit, {source, logs}, life, environment.test_timeout,
      {"test failed", "the tests were not finished", "running the gate; nothing was deployed"},
      {.began = [&](int number, const std::string& command) { watcher.test_began(number, command); },
       .said = [&](int number, const std::string& line) { watcher.test_said(number, line); },
       .ended = [&](int number, const std::string& command, bool ok, std::chrono::milliseconds took,
                    const std::string& log) { watcher.test_ended(number, command, ok, took, log); }});
  commands.run(environment.test, stop);
  result.took = since(begin);
  watcher.gate_ended(result);
  return result;
}

}  // namespace belay
