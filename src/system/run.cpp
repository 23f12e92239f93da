#include "base/run.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/poll.hpp"
#include "base/process_table.hpp"
#include "base/spawn.hpp"
#include "base/stop_wake.hpp"

namespace belay {

namespace {

using Clock = Deadline::Clock;
constexpr std::chrono::milliseconds group_look{20};  // how often we look whether a group is gone
constexpr int most_chunks_left = 16;  // a pipe holds 64 KiB, and up to 1 MiB if it was enlarged

/// One command from its start to its end. All waiting is one poll() over its pipes, its pidfd and the stop.
class Run {
 public:
  Run(const Command& command, const ByteSink& sink);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  Outcome to_its_end(std::stop_token stop, Deadline deadline);

 private:
  void wait_for_child(const StopWake& wake);
  void press_on(bool stopped);
  void wait_for_group();
  void feed();
  void pump(Stream stream, Fd& from);
  void drain(Stream stream, Fd& from);
  void signal_group(int signal) { ::kill(-child_.pid, signal); }

  const Command& command_;
  const ByteSink& sink_;
  Fd in_, out_, err_;
  std::size_t fed_ = 0;
  Spawned child_;
  bool reaped_ = false;
  bool over_ = false;  // nothing is left that we would kill
  Clock::time_point began_ = Clock::now();
  Deadline until_ = Deadline::never();  // of what we wait for now: the end, or the end after a signal

  struct Ending {
    Outcome::End why;
    std::chrono::milliseconds ran;
    bool killed = false;
  };
  std::optional<Ending> ending_;  // set once we have begun to end it
};

Fd nonblocking(Fd fd) {
  if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) throw system_error("cannot prepare a pipe", errno);
  return fd;
}

Run::Run(const Command& command, const ByteSink& sink) : command_(command), sink_(sink) {
  StandardDescriptors standard;
  Pipe in, out, err = make_pipe();
  if (!command.input.empty()) {
    in = make_pipe();
    in_ = nonblocking(std::move(in.write));
    standard.in = in.read.get();
  }
  if (command.stdout_to) {
    standard.out = command.stdout_to;
  } else {
    out = make_pipe();
    out_ = nonblocking(std::move(out.read));
    standard.out = out.write.get();
  }
  err_ = nonblocking(std::move(err.read));
  standard.err = err.write.get();
  child_ = spawn(command, standard);
}

Run::~Run() {
  if (over_) return;
  // A sink has thrown: nothing of the command outlives the call.
  signal_group(SIGKILL);
  if (!reaped_) ::waitpid(child_.pid, nullptr, 0);
}

Outcome Run::to_its_end(std::stop_token stop, Deadline deadline) {
  const StopWake wake(std::move(stop));
  until_ = deadline;
  wait_for_child(wake);
  auto outcome = reap(child_.pidfd);
  reaped_ = true;
  outcome.ran = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_);
  if (ending_) {
    wait_for_group();
    outcome = {.end = ending_->why, .code = outcome.code, .ran = ending_->ran};
  }
  over_ = true;
  drain(Stream::out, out_);
  drain(Stream::err, err_);
  return outcome;
}

void Run::wait_for_child(const StopWake& wake) {
  for (;;) {
    std::array<pollfd, 5> ready{{{in_.get(), POLLOUT, 0},
                                 {out_.get(), POLLIN, 0},
                                 {err_.get(), POLLIN, 0},
                                 {child_.pidfd.get(), POLLIN, 0},
                                 {ending_ ? -1 : wake.fd(), POLLIN, 0}}};
    poll_until(ready, until_);
    if (ready[0].revents != 0) feed();
    if (ready[1].revents != 0) pump(Stream::out, out_);
    if (ready[2].revents != 0) pump(Stream::err, err_);
    if (ready[3].revents != 0) return;
    // Asked each time, not only when nothing was ready: a child that never stops talking has a deadline too.
    const bool stopped = ready[4].revents != 0;
    if (stopped || until_.expired()) press_on(stopped);
  }
}

/// SIGTERM first, SIGKILL when its grace is over.
void Run::press_on(bool stopped) {
  if (!ending_) {
    const auto ran = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_);
    ending_ = Ending{stopped ? Outcome::End::cancelled : Outcome::End::deadline, ran};
    signal_group(SIGTERM);
    until_ = Deadline::in(command_.grace);
  } else {
    ending_->killed = true;
    signal_group(SIGKILL);
    until_ = Deadline::never();
  }
}

/// A shell dies of SIGTERM at once; what it had started gets the rest of the grace. The group's number cannot
/// be given to another while a member lives, so it is safe to signal though its leader is reaped.
void Run::wait_for_group() {
  while (!ending_->killed && group_runs(child_.pid)) {
    if (until_.expired()) return signal_group(SIGKILL);
    std::array<pollfd, 2> ready{{{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}}};
    poll_until(ready, until_.or_in(group_look));
    if (ready[0].revents != 0) pump(Stream::out, out_);
    if (ready[1].revents != 0) pump(Stream::err, err_);
  }
}

void Run::feed() {
  const std::string_view rest = std::string_view(command_.input).substr(fed_);
  const ssize_t written = ::write(in_.get(), rest.data(), rest.size());
  if (written > 0) fed_ += static_cast<std::size_t>(written);
  const bool wait = written < 0 && (errno == EAGAIN || errno == EINTR);
  // A child that closes its stdin early has read enough: whether that is a failure its exit code says.
  if (fed_ == command_.input.size() || (written < 0 && !wait)) in_.reset();
}

void Run::pump(Stream stream, Fd& from) {
  std::array<char, read_size> chunk;
  const ssize_t got = ::read(from.get(), chunk.data(), chunk.size());
  if (got > 0) {
    sink_(stream, std::string_view(chunk.data(), static_cast<std::size_t>(got)));
  } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    from.reset();
  }
}

/// What lies in the pipe at the end, and little more: a grandchild may hold its other end and write for ever.
void Run::drain(Stream stream, Fd& from) {
  for (int chunks = 0; from && chunks < most_chunks_left; ++chunks) {
    int waiting = 0;
    if (::ioctl(from.get(), FIONREAD, &waiting) != 0 || waiting == 0) return;
    pump(stream, from);
  }
}

}  // namespace

Outcome run_raw(const Command& command, std::stop_token stop, Deadline deadline, const ByteSink& sink) {
  return Run(command, sink).to_its_end(std::move(stop), deadline);
}

}  // namespace belay
