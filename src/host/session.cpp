#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/line_reader.hpp"
#include "base/process.hpp"
#include "host/arguments.hpp"
#include "host/boot.hpp"
#include "host/commands.hpp"
#include "host/control_socket.hpp"
#include "host/login_scope.hpp"
#include "host/questions.hpp"
#include "host/recovery_beside.hpp"
#include "host/tail.hpp"
#include "saga/run.hpp"

namespace belay {

namespace {

/// A controller says something (a ping, if nothing else) more often than this; else its network is gone.
constexpr auto longest_silence = std::chrono::seconds(15);

constexpr auto own_image = "/proc/self/exe";

/// Its file goes away where a state is copied to another file system; the kernel still runs it.
std::string own_program() {
  const auto program = fs::read_symlink(own_image);
  return fs::exists(program) ? program.string() : own_image;
}

/// One controller's view of this host: answers questions, has runs started and shown. Owns nothing that
/// matters.
class HostSession {
 public:
  explicit HostSession(HostArguments where) : where_(std::move(where)) {}

  int serve() {
    say(hello());
    LineReader input(STDIN_FILENO);
    std::string line;
    while (input.next(line, {}, Deadline::in(longest_silence)) == LineReader::Status::line) {
      try {
        std::visit([this](const auto& message) { heard(message); }, wire::decode_to_host(line));
      } catch (const Error& error) {
        say(failure_of(error));
      }
    }
    return 0;
  }

 private:
  static wire::Failure failure_of(const Error& error) {
    return {error.message(), error.why(), error.next(), static_cast<int>(error.exit_code())};
  }

  static wire::Hello hello() {
    utsname system{};
    ::uname(&system);
    return {.version = BELAY_VERSION,
            .architecture = &system.machine[0],
            .hostname = &system.nodename[0],
            .clock = now()};
  }

  void say(const wire::ToController& message) {
    const std::scoped_lock lock(output_);
    write_all(STDOUT_FILENO, wire::encode(message) + "\n");
  }

  /// Runs `work` beside the reading of stdin, one at a time; what it throws is told.
  template <class Work>
  void in_background(Work work) {
    worker_ = std::jthread([this, work = std::move(work)](std::stop_token stop) {
      try {
        work(stop);
      } catch (const Error& error) {
        say(failure_of(error));
      }
    });
  }

  void heard(const wire::Ping&) { say(wire::Pong{}); }
  void heard(const wire::Ask& ask) {
    in_background(
        [this, ask](std::stop_token stop) { say(wire::Answer{answer(where_.layout(), ask, stop)}); });
  }
  void heard(const wire::Start& start) {
    in_background([this, start](std::stop_token stop) { start_run(start, stop); });
  }
  void heard(const wire::Attach& attach) {
    in_background([this, attach](std::stop_token stop) { show_run(attach.run, attach.from, stop); });
  }
  void heard(const wire::Tell& tell) { forward(tell); }
  void heard(const wire::Unable& unable) { forward(unable); }
  void heard(const wire::Cancel& cancel) { forward(cancel); }

  void start_run(const wire::Start& start, const std::stop_token& stop) {
    if (const auto run = begun_run(start, stop)) show_run(*run, 1, stop);
  }

  /// The guard takes the lock, opens the journal and detaches; what it says meanwhile goes to the controller.
  /// Empty: nothing begins, and the controller knows why. The process that was started here is gone then: the
  /// guard is its child.
  std::optional<std::string> begun_run(const wire::Start& start, const std::stop_token& stop) {
    const auto program = own_program();
    auto argv = command_of_role(program, "guard", where_.layout());
    if (program != own_image) {  // which is another program's in the hands of systemd-run
      const auto scope = scope_of_its_own();
      argv.insert(argv.begin(), scope.begin(), scope.end());
    }
    Child guard({.argv = argv}, {.in = true, .out = true, .err = false});
    write_all(guard.in().get(), wire::encode(start) + "\n");
    LineReader said(guard.out().get());
    std::string line;
    while (said.next(line, stop, Deadline::never()) == LineReader::Status::line) {
      const auto message = wire::decode_to_controller(line);
      if (const auto* started = std::get_if<wire::Started>(&message)) {
        guard.wait(stop, Deadline::never());
        return started->run;
      }
      say(message);
      if (std::holds_alternative<wire::Failure>(message)) return std::nullopt;
      if (const auto* held = std::get_if<wire::Held>(&message); held != nullptr && !held->waiting)
        return std::nullopt;
    }
    if (!stop.stop_requested())
      throw Error("the deployment's guard ended before it began", {},
                  "try again; belay host recover shows more");
    return std::nullopt;
  }

  void show_run(std::string run, std::uint64_t from, std::stop_token stop) {
    const auto layout = where_.layout();
    if (run.empty()) {
      const auto runs = runs_of(layout);
      if (runs.empty())
        throw Error("nothing was ever deployed here", {}, "belay deploy ENV", ExitCode::bad_input);
      run = open_run(layout).value_or(runs.front());
    }
    if (!fs::exists(layout.journal(run)))
      throw Error("there is no run " + run, {}, "belay releases ENV", ExitCode::bad_input);
    if (auto connection = ControlSocket::connect(layout.run(run))) {
      const std::scoped_lock lock(upstream_mutex_);
      upstream_ = std::move(*connection);
    }
    say(wire::Started{run});
    tail_journal(
        layout, run, from, [this](const Record& record) { say(wire::JournalRecord{record}); },
        [&] { recover_in_own_process(layout, stop); }, stop);
  }

  void forward(const wire::ToHost& message) {
    const std::scoped_lock lock(upstream_mutex_);
    // The executor may be gone by now; what it became is in the journal that is being shown.
    if (upstream_ && try_write_all(upstream_.get(), wire::encode(message) + "\n") != 0) upstream_.reset();
  }

  HostArguments where_;  // asked anew for each request: a deployment may move the state
  std::mutex output_, upstream_mutex_;
  Fd upstream_;
  std::jthread worker_;
};

}  // namespace

int host_session(std::span<const std::string> arguments) {
  HostSession session(host_arguments(arguments));
  return session.serve();
}

}  // namespace belay
