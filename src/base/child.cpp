#include <array>
#include <csignal>
#include <utility>

#include <sys/wait.h>

#include "base/poll.hpp"
#include "base/process.hpp"
#include "base/spawn.hpp"
#include "base/stop_wake.hpp"

namespace belay {

Child::Child(const Command& command) : Child(command, Pipes{}) {}

Child::Child(const Command& command, Pipes pipes) {
  Pipe in, out, err;
  StandardDescriptors standard;
  if (pipes.in) standard.in = (in = make_pipe()).read.get();
  if (pipes.out) standard.out = (out = make_pipe()).write.get();
  if (pipes.err) standard.err = (err = make_pipe()).write.get();
  began_ = Deadline::Clock::now();
  Spawned spawned = spawn(command, standard);
  pid_ = spawned.pid;
  pidfd_ = std::move(spawned.pidfd);
  in_ = std::move(in.write);
  out_ = std::move(out.read);
  err_ = std::move(err.read);
}

Child::~Child() {
  kill_and_reap();
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      in_(std::move(other.in_)),
      out_(std::move(other.out_)),
      err_(std::move(other.err_)),
      pidfd_(std::move(other.pidfd_)),
      began_(other.began_),
      ended_(other.ended_) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this == &other) return *this;
  kill_and_reap();
  pid_ = std::exchange(other.pid_, -1);
  in_ = std::move(other.in_);
  out_ = std::move(other.out_);
  err_ = std::move(other.err_);
  pidfd_ = std::move(other.pidfd_);
  began_ = other.began_;
  ended_ = other.ended_;
  return *this;
}

std::optional<Outcome> Child::wait(std::stop_token stop, Deadline deadline) {
  if (ended_) return ended_;
  const StopWake wake(std::move(stop));
  std::array<pollfd, 2> ready{{{pidfd_.get(), POLLIN, 0}, {wake.fd(), POLLIN, 0}}};
  if (!poll_until(ready, deadline) || ready[0].revents == 0) return std::nullopt;
  ended_ = reap(pidfd_);
  ended_->ran = std::chrono::duration_cast<std::chrono::milliseconds>(Deadline::Clock::now() - began_);
  return ended_;
}

void Child::kill(int signal) {
  // Once reaped, its number may be another's.
  if (pid_ > 0 && !ended_) ::kill(-pid_, signal);
}

void Child::kill_and_reap() {
  if (pid_ <= 0 || ended_) return;
  kill(SIGKILL);
  ended_ = reap(pidfd_);
}

}  // namespace belay
