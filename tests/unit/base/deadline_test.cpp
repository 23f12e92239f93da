#include "base/deadline.hpp"

#include <array>
#include <csignal>
#include <stop_token>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/poll.hpp"
#include "base/stop_wake.hpp"

using namespace belay;
using namespace std::chrono_literals;

TEST_CASE("a deadline that never comes still fits poll") {
  CHECK_FALSE(Deadline::never().expired());
  CHECK(Deadline::never().left() == 24h);
  CHECK(Deadline::never().poll_milliseconds() == 86'400'000);
  CHECK(Deadline::in(100h).left() == 24h);
}

TEST_CASE("a deadline in the past leaves nothing, not less") {
  CHECK(Deadline::in(-5s).expired());
  CHECK(Deadline::in(-5s).left() == 0ms);
}

TEST_CASE("what is left is rounded up: a wait of what is left never spins") {
  const Deadline soon = Deadline::in(1ms);
  const auto left = soon.left();
  CHECK((left > 0ms || soon.expired()));
  CHECK_FALSE(poll_until({}, soon));
  CHECK(soon.expired());
}

TEST_CASE("the earlier of two deadlines counts") {
  CHECK(Deadline::never().or_in(1h).left() <= 1h);
  CHECK(Deadline::in(1h).or_in(2h).left() <= 1h);
  CHECK(Deadline::in(2h).or_in(1h).left() <= 1h);
  CHECK(Deadline::in(-1s).or_in(1h).expired());
}

TEST_CASE("a signal does not end a wait before its deadline") {
  struct sigaction action{}, before{};
  action.sa_handler = [](int) {};  // without SA_RESTART: poll() returns EINTR
  ::sigaction(SIGALRM, &action, &before);
  const itimerval every_5_ms{{0, 5000}, {0, 5000}}, off{};
  ::setitimer(ITIMER_REAL, &every_5_ms, nullptr);
  const Deadline deadline = Deadline::in(50ms);
  CHECK_FALSE(poll_until({}, deadline));
  CHECK(deadline.expired());
  ::setitimer(ITIMER_REAL, &off, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
}

TEST_CASE("a requested stop makes its descriptor readable, for good") {
  std::stop_source stop;
  const StopWake wake(stop.get_token());
  std::array<pollfd, 1> ready{{{wake.fd(), POLLIN, 0}}};
  CHECK_FALSE(poll_until(ready, Deadline::in(0ms)));
  stop.request_stop();
  CHECK(poll_until(ready, Deadline::never()));
  CHECK(poll_until(ready, Deadline::never()));
  const StopWake late(stop.get_token());
  ready[0].fd = late.fd();
  CHECK(poll_until(ready, Deadline::never()));
}

TEST_CASE("a pipe carries what is written, and its ends are close-on-exec") {
  const Pipe pipe = make_pipe();
  CHECK((::fcntl(pipe.read.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(pipe.write.get(), F_GETFD) & FD_CLOEXEC) != 0);
  write_all(pipe.write.get(), "word");
  std::array<char, 8> got{};
  CHECK(::read(pipe.read.get(), got.data(), got.size()) == 4);
}
