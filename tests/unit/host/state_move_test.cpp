#include "host/state_move.hpp"

#include <csignal>
#include <cstdlib>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../drivers/scratch.hpp"
#include "base/error.hpp"
#include "drivers/own_state.hpp"
#include "model/state_place.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

struct stat status_of(const fs::path& path) {
  struct stat status{};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

/// A live directory in which an older belay keeps its state, and where that state is to go.
struct OldHost {
  Scratch scratch{};
  TemporaryDirectory other{"/dev/shm", "belay-test"};  // another file system
  HostArguments where{};
  fs::path old{};

  explicit OldHost(bool elsewhere) {
    where.live = scratch / "app";
    where.state = (elsewhere ? other.path() : scratch / "home") / "belay" / state_key(where.live);
    old = where.live / ".belay";
    scratch.write("app/.belay/releases/r1/release.json", "{}");
    scratch.write("app/.belay/releases/r1/source/same", "of both");
    scratch.write("app/.belay/releases/r1/source/private", "0600");
    fs::permissions(old / "releases/r1/source/private", fs::perms(0600));
    fs::create_directories(old / "releases/r2/source");
    fs::create_hard_link(old / "releases/r1/source/same", old / "releases/r2/source/same");
    const timespec times[2] = {{1'700'000'000, 5}, {1'700'000'000, 7}};
    REQUIRE(::utimensat(AT_FDCWD, (old / "releases/r1/source/same").c_str(), times, 0) == 0);
    fs::create_symlink("releases/r2", old / "current");
    scratch.write("app/.belay/runs/r1/journal.jsonl", "");
    scratch.write("app/.belay/bin/belay-1", "program");
    scratch.write("app/.belay/lock", "");
    scratch.write("app/.belay/waiting-1", "");
    scratch.write("app/compose.yml", "services: {}\n");
  }

  /// As a guard does: takes the lock where the state lies, then has it settled.
  Layout settle() const {
    auto layout = where.layout();
    auto lock = FileLock::try_acquire(layout.lock());
    REQUIRE(lock);
    layout = settled_in_its_place(where, *lock);
    CHECK_FALSE(FileLock::try_acquire(layout.lock()));  // the lock of the new place is held
    return layout;
  }

  void is_whole_at(const fs::path& state) const {
    const auto same = status_of(state / "releases/r1/source/same");
    CHECK(same.st_ino == status_of(state / "releases/r2/source/same").st_ino);
    CHECK(same.st_mtim.tv_sec == 1'700'000'000);
    CHECK((status_of(state / "releases/r1/source/private").st_mode & 0777u) == 0600);
    CHECK(read_file(state / "current/source/same") == "of both");
    CHECK(read_file(state / "bin/belay-1") == "program");
    CHECK(fs::exists(state / "runs/r1/journal.jsonl"));
  }

  void has_moved() const {
    is_whole_at(where.state);
    CHECK(fs::read_symlink(old) == where.state);
    is_whole_at(old);  // paths that were noted before go on working
    CHECK(fs::exists(where.live / "compose.yml"));
    CHECK_FALSE(fs::exists(fs::symlink_status(where.live / ".belay-moving")));
    CHECK_FALSE(fs::exists(where.state / moving_name));
    CHECK(std::distance(fs::directory_iterator(where.live), {}) == 2);
    CHECK(std::distance(fs::directory_iterator(where.state.parent_path()), {}) == 1);
  }
};

/// Dies at the fault point. False: it was not passed.
bool dies_at(const OldHost& host, const std::string& point) {
  const auto faults = host.scratch.write("faults", "move " + point + " self\n");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::setenv("BELAY_FAULT_FILE", faults.c_str(), 1);
    try {
      auto lock = FileLock::try_acquire(host.where.layout().lock());
      if (lock) settled_in_its_place(host.where, *lock);
    } catch (const Error&) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

}  // namespace

TEST_CASE("a state in the live directory is read where it is, and moved by what changes something") {
  for (const bool elsewhere : {false, true}) {
    CAPTURE(elsewhere);
    const OldHost host(elsewhere);
    CHECK(host.where.layout().state == host.old);
    CHECK(host.settle().state == host.where.state);
    host.has_moved();
    CHECK(host.settle().state == host.where.state);  // and that is all
    host.has_moved();
  }
}

TEST_CASE("a move that is killed at any point leaves one good state, and the next command goes on") {
  struct Death {
    bool elsewhere;
    const char* point;
  };
  for (const auto& [elsewhere, point] :
       {Death{false, "link-made"}, Death{true, "link-made"}, Death{true, "copied"}, Death{true, "marked"},
        Death{true, "in-place"}, Death{true, "exchanged"}}) {
    CAPTURE(elsewhere);
    CAPTURE(point);
    const OldHost host(elsewhere);
    REQUIRE(dies_at(host, point));
    host.is_whole_at(host.where.layout().state);
    CHECK(host.settle().state == host.where.state);
    host.has_moved();
  }
}

TEST_CASE("a state stays where an edge's container has it mounted, if it had to be copied") {
  const OldHost host(true);
  host.scratch.write("app/.belay/edge/0011/haproxy.cfg", "");
  CHECK(host.settle().state == host.old);
  host.is_whole_at(host.old);
  const OldHost same(false);
  same.scratch.write("app/.belay/edge/0011/haproxy.cfg", "");
  CHECK(same.settle().state == same.where.state);
}

TEST_CASE("a program that was shipped to the new place before the move is there after it") {
  for (const bool elsewhere : {false, true}) {
    const OldHost host(elsewhere);
    fs::create_directories(host.where.state / "bin");
    write_file_atomically(host.where.state / "bin/belay-2", "newer");
    CHECK(host.settle().state == host.where.state);
    host.has_moved();
    CHECK(read_file(host.where.state / "bin/belay-2") == "newer");
  }
}

TEST_CASE("the link is laid where it is missing, and put right where it leads elsewhere; never followed") {
  const OldHost host(false);
  host.settle();
  const fs::path elsewhere = host.scratch / "elsewhere";
  host.scratch.write("elsewhere/releases/forged/release.json", "{}");
  for (const char* const what : {"missing", "elsewhere", "a file", "an empty directory", "of a first run"}) {
    CAPTURE(what);
    fs::remove(host.old);
    if (what == std::string("elsewhere")) fs::create_symlink(elsewhere, host.old);
    if (what == std::string("a file")) write_file_atomically(host.old, "");
    if (what == std::string("an empty directory")) fs::create_directory(host.old);
    if (what == std::string("of a first run")) host.scratch.write("app/.belay/bin/belay-1", "");
    CHECK(host.where.layout().state == host.where.state);
    host.settle();
    host.has_moved();
  }
  CHECK(fs::exists(elsewhere / "releases/forged/release.json"));
}

TEST_CASE("where an account has its own state, what a container puts in the link's place is of no account") {
  for (const auto* made : {"", "releases", "runs"})
    for (const bool another : {false, true}) {
      if (another && ::geteuid() != 0) continue;
      CAPTURE(made);
      CAPTURE(another);
      const OldHost host(false);
      host.settle();
      fs::remove(host.old);
      fs::create_directories(host.old / made);
      if (another) REQUIRE(::chown(host.old.c_str(), 2, 2) == 0);
      CHECK(host.where.layout().state == host.where.state);
    }
}

TEST_CASE("an empty directory of another account in the link's place is no state of theirs") {
  if (::geteuid() != 0) return;
  const Scratch scratch;
  fs::create_directories(scratch / "live/.belay");
  REQUIRE(::chown((scratch / "live/.belay").c_str(), 2, 2) == 0);
  CHECK(layout_of(scratch / "live", scratch / "state").state == scratch / "state");
}

TEST_CASE("a state of another account is told, with its owner and what to do") {
  if (::geteuid() != 0) return;  // only root can give a directory away
  for (const bool moved : {false, true}) {
    CAPTURE(moved);
    const OldHost host(false);
    if (moved) host.settle();
    REQUIRE(::chown(fs::canonical(host.old).c_str(), 2, 2) == 0);
    try {
      host.where.layout();
      FAIL("it took the state of another account");
    } catch (const Error& error) {
      CHECK(error.message() == host.where.live.string() + " belongs to the account bin");
      CHECK(error.why().find((moved ? host.where.state : host.old).string()) != std::string::npos);
      CHECK(error.next().find("deploy as bin") != std::string::npos);
      CHECK(error.exit_code() == ExitCode::bad_input);
    }
  }
}

TEST_CASE("where this account may not look behind the link, the link's owner tells whose the state is") {
  if (::geteuid() != 0) return;
  const OldHost host(false);
  host.settle();
  fs::permissions(host.scratch.path(), fs::perms(0755));
  fs::permissions(host.scratch / "home", fs::perms::owner_all);
  REQUIRE(::seteuid(65534) == 0);
  const auto owner = other_owner(host.where.live);
  REQUIRE(::seteuid(0) == 0);
  CHECK(owner == 0u);
}

TEST_CASE("a link that leads to a directory of another account which is no state of this one is not theirs") {
  if (::geteuid() != 0) return;
  const OldHost host(false);
  host.settle();
  const fs::path foreign = host.scratch / "foreign";
  fs::create_directory(foreign);
  REQUIRE(::chown(foreign.c_str(), 2, 2) == 0);
  replace_symlink(host.old, foreign);
  host.settle();
  CHECK(fs::read_symlink(host.old) == host.where.state);
}
