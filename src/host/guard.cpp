#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <iostream>
#include <thread>

#include <boost/json.hpp>
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/line_reader.hpp"
#include "drivers/docker.hpp"
#include "host/arguments.hpp"
#include "host/boot.hpp"
#include "host/commands.hpp"
#include "host/control_socket.hpp"
#include "host/executor.hpp"
#include "host/holder.hpp"
#include "host/journal.hpp"
#include "host/queue.hpp"
#include "host/recovery.hpp"
#include "host/run.hpp"
#include "host/what_is_off.hpp"
#include "model/secrets.hpp"
#include "release/release_store.hpp"

namespace belay {
namespace {

constexpr auto between_tries = std::chrono::milliseconds(50);
/// A recovery that fails for another reason than Docker's absence, which it waits out itself, and what a run
/// left unfinished, is tried again for about ten minutes: a disk may be cleared meanwhile.
constexpr auto first_pause = std::chrono::seconds(1);
constexpr auto longest_pause = std::chrono::seconds(60);
constexpr auto trying_time = std::chrono::minutes(10);

void say(const wire::ToController& message) {
  write_all(STDOUT_FILENO, wire::encode(message) + "\n");
}

bool stdin_is_closed() {
  pollfd wanted{STDIN_FILENO, 0, 0};
  return ::poll(&wanted, 1, 0) > 0 && (wanted.revents & (POLLHUP | POLLERR)) != 0;
}

/// Empty: refused, and said so.
std::optional<FileLock> lock_for(const Layout& layout, const wire::Start& start) {
  const PlaceInQueue place(layout.state);
  bool told = false;
  int tries = 0;  // whoever looks whether it is held holds it for a moment
  while (true) {
    if (place.is_first())
      if (auto lock = FileLock::try_acquire(layout.lock())) return lock;
    if (!told && ++tries > 3) {
      auto held = read_holder(layout);
      held.waiting = start.wait;
      say(held);
      told = true;
    }
    if ((told && !start.wait) || stdin_is_closed()) return std::nullopt;
    std::this_thread::sleep_for(between_tries);
  }
}

/// Runs sort by their names, which begin with the time, and only the newest can be open: a clock that was set
/// back must not put this one before those that are there.
Time time_after_all_runs(const Layout& layout) {
  const auto runs = runs_of(layout);
  auto time = now();
  for (auto step = std::chrono::seconds(1); !runs.empty() && stamp(time) <= runs.front(); step *= 2)
    time += step;
  return time;
}

/// Unique on this host.
std::string new_release_id(const Layout& layout, const Commit& commit) {
  auto time = time_after_all_runs(layout);
  while (fs::exists(layout.release(release_id(time, commit))) ||
         fs::exists(layout.run(release_id(time, commit))))
    time += std::chrono::seconds(1);
  return release_id(time, commit);
}

/// The good release that is meant: empty is the one before the current.
Release release_meant(const Layout& layout, const std::string& meant, bool may_serve) {
  const ReleaseStore store(layout);
  const auto current = store.current();
  auto wanted = meant.empty() ? store.good_before(current) : store.find(meant);
  if (!wanted && meant.empty())
    throw Error(current.empty() ? "there is no good release to go back to"
                                : "there is no good release that is older than " + current,
                {}, "belay releases shows what is kept; one that is newer is gone back to by its name",
                ExitCode::bad_input);
  if (!wanted)
    throw Error("release " + meant + " is not kept here", {}, "belay releases shows what is kept",
                ExitCode::bad_input);
  if (wanted->id == current && !may_serve && what_is_off(docker::Engine::connect(), layout, *wanted).empty())
    throw Error("release " + wanted->id + " serves already", {},
                "with --current-env it is made anew with today's environment", ExitCode::bad_input);
  if (wanted->state != Release::State::good)
    throw Error("release " + wanted->id + " was never verified", "only good releases are gone back to", {},
                ExitCode::bad_input);
  return std::move(*wanted);
}

/// Who types a rollback without a name means the release before the one that serves then. Another deployment
/// may have ended while it waited: then nobody knows what is meant.
void require_same_current(const Plan& plan, const std::string& when_typed, const std::string& current) {
  const bool without_name = (plan.kind == Plan::Kind::rollback && plan.release.empty()) ||
                            (plan.kind == Plan::Kind::redeploy && plan.code_of.empty());
  if (!without_name || when_typed == current) return;
  throw Error("another release serves since this rollback was typed",
              when_typed.empty() ? "none served then, now it is " + current
                                 : fmt::format("{} served then, now it is {}", when_typed, current),
              "nothing was touched; name the release that is to come back: belay releases shows them",
              ExitCode::bad_input);
}

/// What only the host knows: the id of a new release, which release is gone back to.
Plan completed(const Layout& layout, Plan plan) {
  if (plan.kind == Plan::Kind::rollback) {
    plan.release = release_meant(layout, plan.release, false).id;
    return plan;
  }
  if (plan.kind == Plan::Kind::redeploy) {
    const auto kept = release_meant(layout, plan.code_of, true);
    plan.code_of = kept.id;
    plan.commit = kept.commit;
    plan.environment = with_commit(plan.environment, kept.commit);
  }
  plan.release = new_release_id(layout, plan.commit);
  return plan;
}

/// A recovery waits for Docker. The one who typed this command is told at once that it does not answer.
void require_docker_for_recovery(const Layout& layout) {
  if (const auto run = open_run(layout))
    while_doing("recovering " + *run + ", which was left half-way", [] { docker::Engine::connect(); });
}

struct OpenedRun {
  std::string run;
  Fd listener;
  std::vector<RegistryLogin> logins{};
  Values variables{};
  Masks masks{};
};

OpenedRun open_run_for(const Layout& layout, const wire::Start& start) {
  const auto plan = completed(layout, start.plan);
  auto run = plan.release;
  if (plan.kind == Plan::Kind::rollback) {
    auto time = time_after_all_runs(layout);
    do run = stamp(time) + "-rollback";
    while (fs::exists(layout.run(run)) && (time += std::chrono::seconds(1), true));
  }
  make_directories(layout.run(run));
  auto listener = ControlSocket::listen(layout.run(run));
  if (!start.secrets.empty())
    write_file_atomically(layout.secrets(run), boost::json::serialize(start.secrets), 0600);
  auto journal = Journal::create(layout.journal(run));
  journal.append(event::Opened{.plan = plan,
                               .run = run,
                               .nonce = random_nonce(),
                               .previous = ReleaseStore(layout).current(),
                               .belay_version = BELAY_VERSION});
  return {run, std::move(listener)};
}

/// From here on nobody's death but a kill -9 of this very process ends it: own session, no inherited
/// terminal or pipe.
void detach(const Layout& layout, const std::string& run) {
  const Fd log(
      ::open((layout.run(run) / "executor.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const Fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!log || !nothing) throw system_error("cannot open the executor's log", errno);
  if (::dup2(nothing.get(), STDIN_FILENO) < 0 || ::dup2(nothing.get(), STDOUT_FILENO) < 0 ||
      ::dup2(log.get(), STDERR_FILENO) < 0)
    throw system_error("cannot detach", errno);
}

void log_line(const std::string& line) {
  // On a full disk there is no log, and the recovery all the same.
  static_cast<void>(try_write_all(STDERR_FILENO, iso8601(now()) + " " + line + "\n"));
}

/// Runs the executor as a forked child, which shares the lock; whether it came to its own end.
bool run_in_child(const Layout& layout, OpenedRun& opened, const std::optional<std::string>& recovering_as) {
  const pid_t child = ::fork();
  if (child < 0) throw system_error("cannot fork the executor", errno);
  if (child == 0) {
    int code = 1;
    try {
      run_to_the_end(layout, opened.run, std::move(opened.listener), recovering_as, opened.logins,
                     opened.variables);
      code = 0;
    } catch (const Error& error) {
      log_line(opened.masks.masked(fmt::format("{}: {}", error.message(), error.why())));
    } catch (const std::exception& error) {
      log_line(opened.masks.masked(error.what()));
    }
    ::_exit(code);
  }
  opened.listener.reset();  // the child's alone: a connection tells that the executor lives
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw system_error("cannot wait for the executor", errno);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// What could not be recovered, settled or undone. Between the tries nobody holds the lock: no deployment
/// waits for it, and one that begins tries first.
void try_again(const Layout& layout, OpenedRun& opened) {
  const auto& run = opened.run;
  const auto limit = Deadline::in(trying_time);
  for (auto pause = first_pause; open_run(layout) == run && !limit.expired();
       pause = std::min(longest_pause, pause * 2)) {
    std::this_thread::sleep_for(pause);
    const auto lock = acquired_unless_held(layout);
    if (!lock || open_run(layout) != run) continue;
    write_holder(*lock, {.user = "belay", .machine = "this host, which finishes what run " + run + " left"},
                 run);
    run_in_child(layout, opened, "guard");
  }
  if (open_run(layout) == run)
    log_line("not finished; the next command on this environment, or a boot, tries again");
}

void guard(const Layout& layout, OpenedRun& opened, std::optional<FileLock> lock) {
  if (!run_in_child(layout, opened, std::nullopt)) {
    log_line("the executor died: going on with its journal");
    run_in_child(layout, opened, "guard");
  }
  lock.reset();
  try_again(layout, opened);
}

}  // namespace

int host_guard(std::span<const std::string> arguments) {
  const auto layout = layout_from(arguments);
  LineReader input(STDIN_FILENO);
  std::string line;
  if (input.next(line, {}, Deadline::in(std::chrono::seconds(30))) != LineReader::Status::line)
    throw Error("no plan arrived", {}, {}, ExitCode::bad_input);
  const auto message = wire::decode_to_host(line);
  const auto* start = std::get_if<wire::Start>(&message);
  if (start == nullptr) throw Error("this is not a plan", {}, {}, ExitCode::bad_input);

  // The session's child ends here; its own child lives on. No thread exists yet, so forking is safe.
  const pid_t child = ::fork();
  if (child < 0) throw system_error("cannot fork the guard", errno);
  if (child > 0) return 0;
  ::setsid();
  try {
    make_directories(layout.state);
    const auto when_typed = ReleaseStore(layout).current();
    auto lock = lock_for(layout, *start);
    // Nobody is there any more to be told that it began: then it does not begin.
    if (!lock || stdin_is_closed()) ::_exit(static_cast<int>(ExitCode::busy));
    point_boot_at_this_program(layout);
    write_holder(*lock, start->plan.by, {});
    require_docker_for_recovery(layout);
    recover_open_runs(layout, "next command");
    require_same_current(start->plan, when_typed, ReleaseStore(layout).current());
    auto opened = open_run_for(layout, *start);
    opened.logins = start->logins;
    opened.variables = start->variables;
    opened.masks = masks_of(start->plan.environment, start->variables);
    write_holder(*lock, start->plan.by, opened.run);
    say(wire::Started{opened.run});
    detach(layout, opened.run);
    guard(layout, opened, std::move(lock));
  } catch (const Error& error) {
    say(wire::Failure{error.message(), error.why(), error.next(), static_cast<int>(error.exit_code())});
    ::_exit(1);
  }
  ::_exit(0);
}

int host_execute(std::span<const std::string>) {
  throw Error("the executor is started by its guard, never by hand", {}, "belay deploy ENV",
              ExitCode::bad_input);
}

}  // namespace belay
