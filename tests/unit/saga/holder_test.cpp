#include "saga/holder.hpp"

#include <csignal>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runs.hpp"

using namespace belay;
using namespace belay::testing;

TEST_CASE("who is refused learns who holds it, and which run") {
  const Environment environment;
  const auto lock = FileLock::try_acquire(environment.layout.lock());
  REQUIRE(lock);
  write_holder(*lock, {"ana", "laptop"}, "r1");
  const auto held = read_holder(environment.layout);
  CHECK(held.by.find("ana") != std::string::npos);
  CHECK(held.run == "r1");
  CHECK(is_held(environment.layout));
}

TEST_CASE("a lock is free when its holder is gone, whatever its content says") {
  const Environment environment;
  CHECK_FALSE(is_held(environment.layout));  // never taken
  {
    const auto lock = FileLock::try_acquire(environment.layout.lock());
    REQUIRE(lock);
    write_holder(*lock, {"ana", "laptop"}, "r1");
  }
  CHECK_FALSE(is_held(environment.layout));
}

TEST_CASE("a holder caught before it could write its name is somebody") {
  const Environment environment;
  const auto lock = FileLock::try_acquire(environment.layout.lock());
  REQUIRE(lock);
  CHECK(read_holder(environment.layout).by == "somebody");
  environment.live.write(".belay/lock", "{\"by\":\"an");
  CHECK(read_holder(environment.layout).by == "somebody");
}

TEST_CASE("a holder that is dead is known for it, even while its lock is held on") {
  const Environment environment;
  const auto lock = FileLock::try_acquire(environment.layout.lock());
  REQUIRE(lock);
  CHECK_FALSE(holder_runs(environment.layout));  // nobody has written who
  const pid_t guard = ::fork();
  REQUIRE(guard >= 0);
  if (guard == 0) {
    ::setsid();
    write_holder(*lock, {"ana", "laptop"}, "r1");
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(guard, &status, WUNTRACED) == guard);
  CHECK(holder_runs(environment.layout));
  ::kill(guard, SIGKILL);
  REQUIRE(::waitpid(guard, &status, 0) == guard);
  CHECK_FALSE(holder_runs(environment.layout));
  CHECK(is_held(environment.layout));
}
