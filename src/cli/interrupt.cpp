#include "cli/interrupt.hpp"

#include <array>
#include <cerrno>
#include <csignal>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/stop_wake.hpp"

namespace belay::cli {
namespace {

constexpr int left_by_signal = 128;  // plus its number: as shells report a program that a signal ended

// Blocks them in this thread, and so in all that are made later, and returns a descriptor that reads them.
Fd take_over_signals() {
  sigset_t taken;
  sigemptyset(&taken);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction current{};
    sigaction(signal, nullptr, &current);
    if (current.sa_handler != SIG_IGN) sigaddset(&taken, signal);
  }
  pthread_sigmask(SIG_BLOCK, &taken, nullptr);
  Fd descriptor(signalfd(-1, &taken, SFD_CLOEXEC));
  if (!descriptor) throw system_error("cannot watch for signals", errno);
  return descriptor;
}

}  // namespace

Interrupt::Interrupt()
    : signals_(take_over_signals()), thread_([this](const std::stop_token& end) { wait_for_signals(end); }) {}

void Interrupt::set_farewell(std::string text) {
  const std::lock_guard lock(mutex_);
  farewell_ = std::move(text);
}

void Interrupt::wait_for_signals(const std::stop_token& end) {
  const StopWake over(end);
  std::array<pollfd, 2> watched = {pollfd{signals_.get(), POLLIN, 0}, pollfd{over.fd(), POLLIN, 0}};
  while (!end.stop_requested()) {
    if (poll(watched.data(), watched.size(), -1) < 0 || (watched[0].revents & POLLIN) == 0) continue;
    signalfd_siginfo signal{};
    if (read(signals_.get(), &signal, sizeof signal) != sizeof signal) continue;
    heard(static_cast<int>(signal.ssi_signo));
  }
}

void Interrupt::heard(int signal) {
  const bool wants_undo = signal == SIGINT && !unattended_;
  if (stop_.stop_requested() || (goes_on_alone_ && !wants_undo)) leave(signal);
  stop_.request_stop();
}

void Interrupt::leave(int signal) {
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    text = "\n" + farewell_;
  }
  // Best effort: there is nobody left to tell if it fails.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
  _exit(left_by_signal + signal);
}

}  // namespace belay::cli
