#include <csignal>
#include <optional>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "processes.hpp"

using namespace belay;

namespace {

bool free_for_another_process(const fs::path& path) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(FileLock::try_acquire(path) ? 0 : 1);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("a lock excludes another process, and the same one, until it is let go") {
  const TemporaryDirectory scratch("belay-lock-");
  const fs::path path = scratch.path() / "lock";
  auto lock = FileLock::try_acquire(path);
  REQUIRE(lock);
  CHECK_FALSE(free_for_another_process(path));
  CHECK_FALSE(FileLock::try_acquire(path));
  lock.reset();
  CHECK(free_for_another_process(path));
  CHECK(FileLock::try_acquire(path));
}

TEST_CASE("a killed holder leaves no lock") {
  const TemporaryDirectory scratch("belay-lock-");
  const fs::path path = scratch.path() / "lock";
  const Pipe told = make_pipe();
  const pid_t holder = ::fork();
  if (holder == 0) {
    const auto lock = FileLock::try_acquire(path);
    write_all(told.write.get(), lock ? "y" : "n");
    for (;;) ::pause();
  }
  char answer = 0;
  REQUIRE(::read(told.read.get(), &answer, 1) == 1);
  CHECK(answer == 'y');
  CHECK_FALSE(FileLock::try_acquire(path));
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  CHECK(FileLock::try_acquire(path));
}

TEST_CASE("a command that is started meanwhile does not hold the lock") {
  const TemporaryDirectory scratch("belay-lock-");
  auto lock = FileLock::try_acquire(scratch.path() / "lock");
  REQUIRE(lock);
  Child child({.argv = {"sleep", "300"}});
  CHECK((::fcntl(lock->fd(), F_GETFD) & FD_CLOEXEC) != 0);
  lock.reset();
  CHECK(runs(child.pid()));
  CHECK(FileLock::try_acquire(scratch.path() / "lock"));
}

TEST_CASE("an adopted lock is held until its last descriptor closes") {
  const TemporaryDirectory scratch("belay-lock-");
  const fs::path path = scratch.path() / "lock";
  auto lock = FileLock::try_acquire(path);
  REQUIRE(lock);
  std::optional<FileLock> adopted = FileLock::adopt(Fd(::fcntl(lock->fd(), F_DUPFD_CLOEXEC, 0)), path);
  lock.reset();
  CHECK_FALSE(FileLock::try_acquire(path));
  adopted.reset();
  CHECK(FileLock::try_acquire(path));
}

TEST_CASE("the holder's words replace the last one's") {
  const TemporaryDirectory scratch("belay-lock-");
  const fs::path path = scratch.path() / "lock";
  const auto lock = FileLock::try_acquire(path);
  REQUIRE(lock);
  lock->write_holder("run 20260112-103300 of somebody with a long name");
  lock->write_holder("run 2");
  CHECK(read_file(path) == "run 2");
}

TEST_CASE("a lock that cannot be opened names its path") {
  try {
    FileLock::try_acquire("/nonexistent/lock");
    FAIL("no Error");
  } catch (const Error& error) {
    CHECK(error.message() == "cannot open the lock /nonexistent/lock");
    CHECK(error.why() == "No such file or directory");
  }
}
