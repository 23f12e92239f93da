#include "host/tail.hpp"

#include <atomic>
#include <fstream>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "../saga/own_process.hpp"
#include "../saga/runs.hpp"
#include "base/poll.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

std::vector<std::uint64_t> numbers_seen(const Environment& environment, std::uint64_t from = 1) {
  std::vector<std::uint64_t> seen;
  tail_journal(
      environment.layout, "r1", from, [&](const Record& record) { seen.push_back(record.number); }, [] {},
      {});
  return seen;
}

/// Sees each time a file is opened.
class OpenCount {
 public:
  explicit OpenCount(const fs::path& file) : watch_(::inotify_init1(IN_CLOEXEC)) {
    REQUIRE(::inotify_add_watch(watch_.get(), file.c_str(), IN_OPEN | IN_CLOSE) >= 0);
  }
  /// Waits for the file to be opened once more and closed again; false if that does not come.
  bool next() {
    for (bool opened = false;;) {
      pollfd wanted{watch_.get(), POLLIN, 0};
      if (!poll_until({&wanted, 1}, Deadline::in(std::chrono::minutes(1)))) return false;
      inotify_event event{};
      if (::read(watch_.get(), &event, sizeof event) != sizeof event) return false;
      if ((event.mask & IN_OPEN) != 0) opened = true;
      if ((event.mask & IN_CLOSE) != 0 && opened) return true;
    }
  }

 private:
  Fd watch_;
};

}  // namespace

TEST_CASE("a closed run is shown whole, and the showing ends") {
  const Environment environment;
  environment.begin("r1", {event::StepBegan{StepName::sync}, event::Closed{}});
  CHECK(numbers_seen(environment) == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(numbers_seen(environment, 3) == std::vector<std::uint64_t>{3});
}

TEST_CASE("records that are appended meanwhile all come, in order") {
  const Environment environment;
  auto journal = environment.begin("r1");
  const std::jthread writer([&] {
    for (int i = 0; i < 500; ++i) journal.append(event::Output{StepName::build, "a line"});
    journal.append(event::Closed{});
  });
  const auto seen = numbers_seen(environment);
  REQUIRE(seen.size() == 502);
  for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == i + 1);
}

TEST_CASE("a torn record that recovery cuts off and replaces is not seen, and what replaces it is") {
  const Environment environment;
  environment.begin("r1");
  const auto path = environment.layout.journal("r1");
  std::ofstream(path, std::ios::app)
      << "12345678 {\"n\":2,\"at\":\"torn, and longer than what comes in its place";
  const auto recover = [&] {
    auto journal = Journal::open(path, "recovery");
    journal.append(event::Recovering{"guard"});
    journal.append(event::Closed{});
  };
  std::vector<std::string> seen;
  const auto show = [&](const Record& record) {
    seen.push_back(type_of(record.event));
    if (seen.size() == 1) recover();  // the torn bytes were read with the first record
  };
  tail_journal(environment.layout, "r1", 1, show, [] {}, {});
  CHECK(seen == std::vector<std::string>{"opened", "recovering", "closed"});
}

#ifndef BELAY_THREAD_SANITIZER  // its own thread forbids a new user namespace
TEST_CASE("where no watch is to be had the records come all the same") {
  const Environment environment;
  CHECK(in_own_process([&]() -> std::string {
          // In a namespace of its own, so that nobody else's watches are used up.
          if (::unshare(CLONE_NEWUSER) != 0) throw system_error("cannot make a user namespace", errno);
          const Fd most(::open("/proc/sys/user/max_inotify_instances", O_WRONLY | O_CLOEXEC));
          if (!most || try_write_all(most.get(), "0") != 0)
            throw system_error("cannot forbid watches", errno);
          if (Fd(::inotify_init1(IN_CLOEXEC))) return "there are watches";
          auto journal = environment.begin("r1");
          std::string seen;
          const auto show = [&](const Record& record) {
            seen += type_of(record.event) + " ";
            if (record.number == 1) journal.append(event::Closed{});
          };
          tail_journal(environment.layout, "r1", 1, show, [] {}, {});
          return seen == "opened closed " ? "" : seen;
        }) == "");
}
#endif

TEST_CASE("a damaged line ends the showing with an error that says where") {
  const Environment environment;
  environment.begin("r1", {event::StepBegan{StepName::sync}, event::Closed{}});
  environment.damage("r1");
  CHECK_THROWS_AS(numbers_seen(environment), Error);
}

TEST_CASE("a run that nobody holds any more is reported as abandoned, and shown on once it is taken up") {
  const Environment environment;
  auto journal = environment.begin("r1");
  std::atomic<int> calls = 0;
  tail_journal(
      environment.layout, "r1", 1, [](const Record&) {},
      [&] {
        ++calls;
        journal.append(event::Closed{});
      },
      {});
  CHECK(calls == 1);
}

TEST_CASE("while somebody holds the lock a silent run is not abandoned; a stop ends the showing") {
  const Environment environment;
  const auto journal = environment.begin("r1");
  const auto lock = FileLock::try_acquire(environment.layout.lock());
  REQUIRE(lock);
  OpenCount looks(environment.layout.lock());  // to see whether a lock is held, one opens it
  std::stop_source source;
  bool looked = false;
  const std::jthread stopper([&] {
    looked = looks.next() && looks.next();
    source.request_stop();
  });
  bool abandoned = false;
  tail_journal(
      environment.layout, "r1", 1, [](const Record&) {}, [&] { abandoned = true; }, source.get_token());
  CHECK(looked);
  CHECK_FALSE(abandoned);
}
