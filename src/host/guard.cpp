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
#include "edge/shape.hpp"
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
#include "model/secrets.hpp"
#include "release/release_store.hpp"
#include "runtime/adoption.hpp"
#include "runtime/ownership.hpp"

namespace belay {
namespace {

constexpr auto between_tries = std::chrono::milliseconds(50);
/// A recovery that fails for another reason than Docker's absence, which it waits out itself, is tried again
/// for about ten minutes: a disk may be cleared meanwhile.
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

/// Whether each of the release's services has its containers, none of them is off but those whose work is
/// done, and one is on.
bool runs_wholly(const Layout& layout, const Release& release) {
  const auto engine = docker::Engine::connect();
  const Ownership ours(engine, project_of(release), layout,
                       release.directory.empty() ? layout.live : release.directory);
  bool any_on = false;
  const bool all = std::ranges::all_of(release.services, [&](const ReleasedService& service) {
    const auto containers = ours.containers(service.name);
    return containers.size() >= service.container_names.size() &&
           std::ranges::all_of(containers, [&](const docker::Container& container) {
             const auto found = engine.inspect(container.id);
             any_on = any_on || (found && found->container.on());
             return found && is_part_of_what_serves(*found);
           });
  });
  return all && any_on;
}

/// The good release that is meant: empty is the one before the current.
Release release_meant(const Layout& layout, const std::string& meant, bool may_serve) {
  const ReleaseStore store(layout);
  const auto current = store.current();
  auto wanted = meant.empty() ? store.good_before(current) : store.find(meant);
  if (!wanted)
    throw Error(meant.empty() ? "there is no other good release to go back to"
                              : "release " + meant + " is not kept here",
                {}, "belay releases shows what is kept", ExitCode::bad_input);
  if (wanted->id == current && !may_serve && runs_wholly(layout, *wanted))
    throw Error("release " + wanted->id + " serves already", {},
                "with --current-env it is made anew with today's environment", ExitCode::bad_input);
  if (wanted->state != Release::State::good)
    throw Error("release " + wanted->id + " was never verified", "only good releases are gone back to", {},
                ExitCode::bad_input);
  return std::move(*wanted);
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

void guard(const Layout& layout, OpenedRun& opened) {
  if (run_in_child(layout, opened, std::nullopt)) return;
  const auto limit = Deadline::in(trying_time);
  for (auto pause = first_pause; !limit.expired(); pause = std::min(longest_pause, pause * 2)) {
    log_line("the executor died: going on with its journal");
    if (run_in_child(layout, opened, "guard")) return;
    std::this_thread::sleep_for(pause);
  }
  log_line("recovery failed; the next command on this environment, or a boot, tries again");
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
    const auto lock = lock_for(layout, *start);
    // Nobody is there any more to be told that it began: then it does not begin.
    if (!lock || stdin_is_closed()) ::_exit(static_cast<int>(ExitCode::busy));
    point_boot_at_this_program(layout);
    write_holder(*lock, start->plan.by, {});
    require_docker_for_recovery(layout);
    recover_open_runs(layout, "next command");
    auto opened = open_run_for(layout, *start);
    opened.logins = start->logins;
    opened.variables = start->variables;
    opened.masks = masks_of(start->plan.environment, start->variables);
    write_holder(*lock, start->plan.by, opened.run);
    say(wire::Started{opened.run});
    detach(layout, opened.run);
    guard(layout, opened);
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
