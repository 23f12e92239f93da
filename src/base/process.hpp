#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/deadline.hpp"
#include "base/fd.hpp"

namespace belay {

/// A program to run: its arguments, where, with which environment and input. Nothing goes through a shell.
struct Command {
  std::vector<std::string> argv;  // argv[0] is looked up on the PATH
  std::filesystem::path directory{};
  std::map<std::string, std::string> set{};  // on top of the inherited environment
  std::vector<std::string> unset{};
  std::string input{};             // what it reads from stdin; then end of file
  std::optional<int> stdout_to{};  // a descriptor that gets stdout raw (a dump into a file); else: the sink
  std::chrono::milliseconds grace{5000};  // between SIGTERM and SIGKILL

  /// As one would type it, quoted where needed; for messages. Never contains `set` (secrets).
  std::string shown() const;
};

/// The last `count` lines of what a program printed, without the blank ones at its end.
std::string_view last_lines(std::string_view text, int count);

enum class Stream { out, err };
/// Receives each line without its newline, as it comes, from the thread that called run(). A last line
/// without a newline counts; carriage returns split lines too (progress bars). A line of over a MiB comes in
/// pieces.
using LineSink = std::function<void(Stream, std::string_view)>;

struct Outcome {
  enum class End { exited, signalled, deadline, cancelled };
  End end = End::exited;
  int code = 0;                      // exit code or signal
  std::chrono::milliseconds ran{0};  // until it ended, or until the deadline or the stop made us end it

  bool ok() const { return end == End::exited && code == 0; }
  /// "exit code 1", "killed by SIGKILL", "no end after 30 s", "cancelled".
  std::string described() const;
};

/// Runs a command in a process group of its own to its end. At the deadline or on stop the whole group gets
/// SIGTERM, after `grace` SIGKILL. A grandchild that keeps a pipe open does not hold it up: at the child's
/// own end it is left alone, after a deadline or stop it has what is left of `grace`. Throws Error only when
/// the program cannot be started; what the sink throws goes through, and the group is killed.
Outcome run(const Command&, std::stop_token, Deadline, const LineSink&);

struct Captured {
  Outcome outcome;
  std::string out, err;
  bool ok() const { return outcome.ok(); }
};
/// As run(), keeping what it prints, byte for byte (at most 16 MiB of each stream; the rest is dropped).
Captured capture(const Command&, std::stop_token, Deadline);

/// As capture(), for commands that must succeed: returns stdout. Throws Error{`what_failed`, why: end + last
/// lines of stderr (of stdout if it said nothing there), next}.
std::string require_output(const Command&, std::stop_token, Deadline, std::string what_failed,
                           std::string next = {});

/// A child that is talked to while it runs (ssh, an agent), in a process group of its own. Destroying it
/// kills its group and reaps it. Not for two threads at once, save for the use of its pipes.
class Child {
 public:
  struct Pipes {
    bool in = true, out = true, err = true;  // false: /dev/null
  };
  explicit Child(const Command&);  // `input` and `stdout_to` are not used
  Child(const Command&, Pipes);
  ~Child();
  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;

  pid_t pid() const { return pid_; }
  Fd& in() { return in_; }
  Fd& out() { return out_; }
  Fd& err() { return err_; }
  /// Waits for its end; empty if stop or deadline come first (it keeps running then).
  std::optional<Outcome> wait(std::stop_token, Deadline);
  void kill(int signal);  // to the group; nothing once wait() has seen the end
  void kill_and_reap();

 private:
  pid_t pid_ = -1;
  Fd in_, out_, err_, pidfd_;
  Deadline::Clock::time_point began_{};
  std::optional<Outcome> ended_;
};

/// Kills (SIGKILL) every process that carries `name=value` in its environment, except this one, and waits
/// until they are gone or two seconds have passed. Processes whose environment we may not read are passed
/// over. How recovery ends what a dead executor left running. Returns how many there were.
int kill_processes_with(const std::string& name, const std::string& value);

}  // namespace belay
