#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "control/lifeline.hpp"
#include "model/config.hpp"
#include "model/masks.hpp"
#include "model/release.hpp"

namespace belay {

/// Commands of belay.yml, run on this machine with `sh -c` in a checkout: lines one after another, the
/// commands of a parallel line at the same time, each with a log file of its own. CI=true is set, as in the
/// pipelines that these commands come from; BELAY_COMMIT, BELAY_BRANCH and BELAY_ENVIRONMENT say what the
/// checkout is of, since it has no .git unless `test_git` asks for one.
class CommandsHere {
 public:
  struct Place {
    std::filesystem::path source, logs;  // a directory for each run below `logs`, the newest twenty
  };
  /// Told by one thread at a time.
  struct Told {
    std::function<void(int number, const std::string& command)> began;
    std::function<void(int number, const std::string& line)> said;
    std::function<void(int number, const std::string& command, bool ok, std::chrono::milliseconds took,
                       const std::string& log_file)>
        ended;
  };
  struct Words {
    std::string failed;  // "test failed"
    std::string late;    // "the tests were not finished"
    std::string doing;   // the error's frame
  };

  /// `life` ends what the commands leave behind, however this process ends. `limit` is that of all together.
  CommandsHere(const EnvironmentConfig&, const Commit&, Place, const Lifeline& life,
               std::chrono::milliseconds limit, Words, Told);

  /// The first failure stops what runs beside it and throws Error with the command, its end, its last lines
  /// and the log's path.
  void run(const std::vector<TestStep>& lines, const std::stop_token&);

 private:
  void run_line(const TestStep&, int first_number, const std::stop_token&);
  void run_command(int number, const std::string& text, std::stop_token);
  Error failure(const std::string& text, const Outcome&, const std::deque<std::string>& last,
                const std::filesystem::path& log) const;
  template <class Telling>
  void tell(const Telling&);

  Values values_;
  Masks masks_;
  std::map<std::string, std::string> variables_;
  std::filesystem::path source_, logs_;
  const Lifeline& life_;
  Words words_;
  Told told_;
  std::mutex mutex_;
  Deadline deadline_;
  std::chrono::milliseconds limit_;
};

/// Where the logs of such commands are kept on this machine: $XDG_CACHE_HOME/belay/USE (or ~/.cache/…).
std::filesystem::path logs_of_commands_here(const std::string& use);
/// How many commands there are in all lines.
int count_of(const std::vector<TestStep>& lines);

}  // namespace belay
