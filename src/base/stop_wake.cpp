#include "base/stop_wake.hpp"

#include <cerrno>
#include <cstdint>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.hpp"

namespace belay {

namespace {

Fd make_event() {
  Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) throw system_error("cannot make an eventfd", errno);
  return event;
}

void raise(int event) {
  // It can only fail with EAGAIN, when the counter is full: then it is readable already.
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event, &one, sizeof one);
}

}  // namespace

StopWake::StopWake(std::stop_token stop)
    : event_(make_event()), callback_(std::move(stop), [fd = event_.get()] { raise(fd); }) {}

}  // namespace belay
