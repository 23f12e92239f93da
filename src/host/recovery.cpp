#include "host/recovery.hpp"

#include <cerrno>
#include <chrono>

#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.hpp"
#include "base/process.hpp"
#include "host/executor.hpp"
#include "host/holder.hpp"
#include "host/journal.hpp"
#include "host/run.hpp"

namespace belay {

namespace {

constexpr auto recovery_limit = std::chrono::minutes(30);

std::optional<event::Closed> closed_event(const Layout& layout, const std::string& run) {
  if (!fs::exists(layout.journal(run))) return std::nullopt;
  const auto state = run_state(Journal::read(layout.journal(run)));
  return state ? state->closed : std::nullopt;
}

std::vector<std::string> open_runs(const Layout& layout) {
  auto runs = runs_of(layout);
  std::erase_if(runs, [&](const std::string& run) { return closed_event(layout, run).has_value(); });
  return runs;
}

/// In a process of its own: what it marks its children with must not stay in this one.
void recover_in_child(const Layout& layout, const std::string& run, const std::string& by) {
  auto errors = make_pipe();
  const pid_t child = ::fork();
  if (child < 0) throw system_error("cannot fork for recovery", errno);
  if (child == 0) {
    int code = 1;
    try {
      run_to_the_end(layout, run, Fd(), by);
      code = 0;
    } catch (const Error& error) {
      write_all(errors.write.get(), error.message_and_why());
    } catch (const std::exception& error) {
      write_all(errors.write.get(), error.what());
    }
    ::_exit(code);
  }
  errors.write.reset();
  std::string why;
  char part[512];
  for (ssize_t got = 0; (got = ::read(errors.read.get(), part, sizeof part)) > 0;)
    why.append(part, static_cast<std::size_t>(got));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw system_error("cannot wait for the recovery", errno);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw Error("the deployment " + run + " that was left behind could not be recovered",
                why.empty() ? "the recovery was killed" : why,
                "belay host recover tries again; " + layout.journal(run).string() + " tells the story",
                ExitCode::nothing_serves);
}

/// A guard that died between making a run's directory and its journal has done nothing.
void remove_stillborn_runs(const Layout& layout) {
  if (!fs::is_directory(layout.runs())) return;
  std::vector<fs::path> stillborn;
  for (const auto& entry : fs::directory_iterator(layout.runs()))
    if (!fs::exists(layout.journal(entry.path().filename().string()))) stillborn.push_back(entry.path());
  for (const auto& directory : stillborn) remove_tree(directory);
}

}  // namespace

std::vector<RecoveredRun> recover_open_runs(const Layout& layout, const std::string& by) {
  remove_stillborn_runs(layout);
  std::vector<RecoveredRun> recovered;
  while (const auto run = open_run(layout)) {
    recover_in_child(layout, *run, by);
    if (!fs::exists(layout.journal(*run))) continue;  // it had not even begun
    if (const auto closed = closed_event(layout, *run))
      recovered.push_back({*run, *closed});
    else
      throw Error("recovery of " + *run + " ended without a close", {}, layout.journal(*run).string());
  }
  return recovered;
}

std::vector<RecoveredRun> recover_if_abandoned(const Layout& layout, const std::string& by) {
  if (!fs::exists(layout.lock())) return {};
  const auto lock = acquired_unless_held(layout);
  return lock ? recover_open_runs(layout, by) : std::vector<RecoveredRun>{};
}

std::vector<RecoveredRun> recover_in_own_process(const Layout& layout, std::stop_token stop) {
  const auto open = open_runs(layout);
  if (open.empty()) return {};
  const auto ended = capture({.argv = {"/proc/self/exe", "host", "recover", "--path", layout.live.string()}},
                             std::move(stop), Deadline::in(recovery_limit));
  std::vector<RecoveredRun> recovered;
  for (const auto& run : open)
    if (const auto closed = closed_event(layout, run)) recovered.push_back({run, *closed});
  if (recovered.empty() && !ended.ok())
    throw Error("what a dead deployment left could not be recovered", ended.err,
                "belay host recover tries again", ExitCode::nothing_serves);
  return recovered;
}

}  // namespace belay
