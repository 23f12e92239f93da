#include <cerrno>
#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/line_reader.hpp"
#include "drivers/docker.hpp"
#include "host/arguments.hpp"
#include "host/boot.hpp"
#include "host/boot_entry.hpp"
#include "host/commands.hpp"
#include "host/control_socket.hpp"
#include "host/queue.hpp"
#include "host/state_move.hpp"
#include "model/secrets.hpp"
#include "release/release_store.hpp"
#include "saga/holder.hpp"
#include "saga/opening.hpp"
#include "saga/recovery.hpp"
#include "saga/run.hpp"
#include "saga/watch_over.hpp"

namespace belay {
namespace {

constexpr auto between_tries = std::chrono::milliseconds(50);

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
    pause(between_tries);
  }
}

/// A run that has begun waits for Docker, and so does a recovery. Where Docker does not answer this account
/// now, no run begins: the one who typed the command is told at once.
void require_docker(const Layout& layout) {
  if (const auto run = open_run(layout))
    while_doing("recovering " + *run + ", which was left half-way", [] { docker::Engine::connect(); });
  else
    docker::Engine::connect();
}

/// Binds before anyone is told of the run.
auto listening(std::shared_ptr<Fd> listener) {
  return [listener = std::move(listener)](const fs::path& run) { *listener = ControlSocket::listen(run); };
}

Hearing controller_at(std::shared_ptr<Fd> listener) {
  return [listener = std::move(listener)](const std::string& nonce, std::stop_source cancel) {
    return std::make_unique<ControlSocket>(std::move(*listener), nonce, std::move(cancel));
  };
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

}  // namespace

int host_guard(std::span<const std::string> arguments) {
  const auto where = host_arguments(arguments);
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
    auto layout = where.layout();
    make_directories(layout.state);
    const auto when_typed = ReleaseStore(layout).current();
    auto lock = lock_for(layout, *start);
    // Another command may have moved the state meanwhile, and its lock with it.
    for (layout = where.layout(); lock && !lock->locks(layout.lock()); layout = where.layout())
      lock = lock_for(layout, *start);
    // Nobody is there any more to be told that it began: then it does not begin.
    if (!lock || stdin_is_closed()) ::_exit(static_cast<int>(ExitCode::busy));
    point_boot_at_this_program(layout);
    write_holder(*lock, start->plan.by, {});
    require_docker(layout);
    recover_open_runs(layout, "next command");
    layout = settled_in_its_place(where, *lock);
    point_boot_at_this_program(layout);
    refresh_boot_recovery(layout);
    require_same_current(start->plan, when_typed, ReleaseStore(layout).current());
    const auto listener = std::make_shared<Fd>();
    OpenedRun opened{.run = open_new_run(layout, *start, listening(listener)),
                     .hearing = controller_at(listener),
                     .logins = start->logins,
                     .variables = start->variables,
                     .masks = masks_of(start->plan.environment, start->variables)};
    write_holder(*lock, start->plan.by, opened.run);
    say(wire::Started{opened.run});
    detach(layout, opened.run);
    // The child's alone: a connection tells that the executor lives.
    watch_over(layout, opened, std::move(*lock), [&] { listener->reset(); });
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
