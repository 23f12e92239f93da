#include "control/commands_here.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <exception>
#include <map>
#include <thread>

#include <fcntl.h>
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/human.hpp"
#include "base/time.hpp"
#include "model/secrets.hpp"
#include "model/shell_command.hpp"

namespace belay {

namespace {

using Clock = SteadyClock;
constexpr std::size_t lines_shown = 20, runs_kept = 20;

/// "npm run lint" → "npm-run-lint": a file name that one recognises.
std::string as_file_name(const std::string& command) {
  std::string name;
  for (const char c : command.substr(0, 60)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain)
      name += c;
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  while (name.ends_with('-')) name.pop_back();
  return name.empty() ? "command" : name;
}

fs::path new_run_directory(const fs::path& logs) {
  make_directories(logs, 0700);
  std::vector<fs::path> runs;
  for (const auto& entry : fs::directory_iterator(logs)) runs.push_back(entry.path());
  std::ranges::sort(runs, std::greater{});
  for (std::size_t i = runs_kept - 1; i < runs.size(); ++i) remove_tree(runs[i]);
  const std::string time = stamp(now());
  for (int i = 1;; ++i) {
    const fs::path directory = logs / (i == 1 ? time : fmt::format("{}-{}", time, i));
    if (fs::exists(directory)) continue;
    make_directories(directory, 0700);
    return directory;
  }
}

}  // namespace

CommandsHere::CommandsHere(const EnvironmentConfig& environment, const Commit& commit, Place place,
                           const Lifeline& life, std::chrono::milliseconds limit, Words words, Told told)
    : values_(environment.variables),
      masks_(masks_of(environment, environment.variables)),
      variables_{{"CI", "true"},
                 {"BELAY_COMMIT", commit.id},
                 {"BELAY_BRANCH", commit.branch},
                 {"BELAY_ENVIRONMENT", environment.name}},
      source_(std::move(place.source)),
      logs_(new_run_directory(place.logs)),
      life_(life),
      words_(std::move(words)),
      told_(std::move(told)),
      deadline_(Deadline::in(limit)),
      limit_(limit) {}

void CommandsHere::run(const std::vector<TestStep>& lines, const std::stop_token& stop) {
  int number = 1;
  for (const TestStep& line : lines) {
    run_line(line, number, stop);
    number += static_cast<int>(line.commands.size());
  }
}

/// Throws the first failure, after all of them have ended.
void CommandsHere::run_line(const TestStep& line, int first_number, const std::stop_token& stop) {
  std::stop_source siblings;
  const std::stop_callback passed_on(stop, [&] { siblings.request_stop(); });
  std::exception_ptr first_failure;
  {
    std::vector<std::jthread> threads;
    threads.reserve(line.commands.size());
    for (std::size_t i = 0; i < line.commands.size(); ++i)
      threads.emplace_back([&, i] {
        // An exception may not leave its thread; it is carried to the one that waits.
        try {
          run_command(first_number + static_cast<int>(i), line.commands[i], siblings.get_token());
        } catch (...) {
          const std::lock_guard lock(mutex_);
          if (!first_failure) first_failure = std::current_exception();
          siblings.request_stop();
        }
      });
  }
  if (first_failure) std::rethrow_exception(first_failure);
}

template <class Telling>
void CommandsHere::tell(const Telling& telling) {
  const std::lock_guard lock(mutex_);
  telling();
}

void CommandsHere::run_command(int number, const std::string& text, std::stop_token stop) {
  const fs::path log = logs_ / fmt::format("{:02}-{}.log", number, as_file_name(text));
  const Fd file(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) throw system_error("cannot write the log " + log.string(), errno);
  tell([&] { told_.began(number, text); });

  const auto [script, parameters] = shell_command(text, values_);
  Command command = life_.tied(script);
  command.directory = source_;
  command.set = variables_;
  command.set.insert(parameters.begin(), parameters.end());
  command.unset = {"BELAY_SSH_KEY"};
  std::deque<std::string> last;
  std::map<Stream, MaskedLines> shown{{Stream::out, MaskedLines(masks_)}, {Stream::err, MaskedLines(masks_)}};
  const auto begin = Clock::now();
  const Outcome outcome = belay::run(command, stop, deadline_, [&](Stream stream, std::string_view printed) {
    const auto line = shown.at(stream).line(printed);
    write_all(file.get(), fmt::format("{}\n", line));
    last.push_back(line);
    if (last.size() > lines_shown) last.pop_front();
    tell([&] { told_.said(number, last.back()); });
  });
  tell([&] { told_.ended(number, text, outcome.ok(), since(begin), log.string()); });
  if (!outcome.ok()) throw failure(text, outcome, last, log);
}

Error CommandsHere::failure(const std::string& text, const Outcome& outcome,
                            const std::deque<std::string>& last, const fs::path& log) const {
  std::string why = outcome.end == Outcome::End::deadline
                        ? fmt::format("{} after {}", words_.late, human_duration(limit_))
                        : outcome.described();
  for (const std::string& line : last) why += "\n" + line;
  std::string next = "the whole log: " + log.string();
  if (why.contains("not a git repository"))
    next +=
        "\nThe commands run in a clean copy without .git; BELAY_COMMIT and BELAY_BRANCH are in their "
        "environment. With `test_git: true` in belay.yml the copy is a repository with this one commit";
  Error error(fmt::format("{}: {}", words_.failed, text), why, next);
  error.add_frame(words_.doing);
  return error;
}
std::filesystem::path logs_of_commands_here(const std::string& use) {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  if (cache != nullptr && *cache == '/') return fs::path(cache) / "belay" / use;
  return fs::path(home != nullptr && *home == '/' ? home : "/tmp") / ".cache" / "belay" / use;
}

int count_of(const std::vector<TestStep>& lines) {
  int commands = 0;
  for (const TestStep& line : lines) commands += static_cast<int>(line.commands.size());
  return commands;
}

}  // namespace belay
