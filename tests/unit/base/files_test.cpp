#include "base/files.hpp"

#include <csignal>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <limits>
#include <string>
#include <thread>
#include <utility>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"

using namespace belay;

namespace {

std::string failure_of(const std::function<void()>& body) {
  try {
    body();
    return "(it went well)";
  } catch (const Error& error) {
    return error.message() + ": " + error.why();
  }
}

mode_t mode_of(const fs::path& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

auto entries_in(const fs::path& path) {
  return std::distance(fs::directory_iterator(path), fs::directory_iterator());
}

}  // namespace

TEST_CASE("what is written is read, with the mode asked for") {
  const TemporaryDirectory scratch("belay-files-");
  const fs::path path = scratch.path() / "file";
  const std::string bytes("one\0two\n\xff", 9);
  write_file_atomically(path, bytes);
  CHECK(read_file(path) == bytes);
  CHECK(mode_of(path) == 0600);
  const mode_t umask_before = ::umask(077);
  write_file_atomically(path, "other", 0755);
  ::umask(umask_before);
  CHECK(read_file(path) == "other");
  CHECK(mode_of(path) == 0755);
  CHECK(entries_in(scratch.path()) == 1);
}

TEST_CASE("a file that is not there is nothing only where that is asked") {
  const TemporaryDirectory scratch("belay-files-");
  CHECK_FALSE(read_file_if_exists(scratch.path() / "none"));
  write_file_atomically(scratch.path() / "empty", "");
  CHECK(read_file_if_exists(scratch.path() / "empty") == "");
  CHECK_THROWS_AS(read_file(scratch.path() / "none"), Error);
  CHECK_THROWS_AS(read_file_if_exists(scratch.path()), Error);  // there, but a directory
}

TEST_CASE("a file without end of its size is read whole") {
  CHECK(read_file("/proc/self/status").starts_with("Name:"));  // stat says 0 bytes
}

TEST_CASE("every failure names the path and the reason") {
  CHECK(failure_of([] { read_file("/nonexistent/a"); }) ==
        "cannot read /nonexistent/a: No such file or directory");
  CHECK(failure_of([] { read_file("/"); }) == "cannot read /: Is a directory");
  CHECK(failure_of([] { write_file_atomically("/nonexistent/a", ""); }) ==
        "cannot write /nonexistent/a: No such file or directory");
  CHECK(failure_of([] { make_directories("/dev/null/a"); }) ==
        "cannot make the directory /dev/null: File exists");
  CHECK(failure_of([] { make_directories("/proc/a"); }) ==
        "cannot make the directory /proc/a: No such file or directory");
  CHECK(failure_of([] { fsync_directory("/dev/null"); }) == "cannot open /dev/null: Not a directory");
  CHECK(failure_of([] { fsync_file("/nonexistent"); }) ==
        "cannot open /nonexistent: No such file or directory");
  CHECK(failure_of([] { free_space("/nonexistent"); }) ==
        "cannot measure the free space of /nonexistent: No such file or directory");
  CHECK(failure_of([] { replace_symlink("/nonexistent/a", "b"); }) ==
        "cannot make the link /nonexistent/a: No such file or directory");
  CHECK(failure_of([] { remove_tree("/proc/self"); }).starts_with("cannot remove /proc/self: "));
}

TEST_CASE("a write that fails leaves the old content and nothing else") {
  const TemporaryDirectory scratch("belay-files-");
  const fs::path path = scratch.path() / "file";
  write_file_atomically(path, "old");
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string failure = failure_of([&] { write_file_atomically(path, std::string(5000, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(failure == "cannot write " + path.native() + ": File too large");
  CHECK(read_file(path) == "old");
  CHECK(entries_in(scratch.path()) == 1);
}

TEST_CASE("a rename that fails leaves nothing behind") {
  const TemporaryDirectory scratch("belay-files-");
  make_directories(scratch.path() / "taken" / "inside");
  CHECK_THROWS_AS(write_file_atomically(scratch.path() / "taken", "x"), Error);
  CHECK_THROWS_AS(replace_symlink(scratch.path() / "taken", "x"), Error);
  CHECK(entries_in(scratch.path()) == 1);
}

TEST_CASE("a killed writer leaves the old content or the new, never half") {
  const TemporaryDirectory scratch("belay-files-");
  const fs::path path = scratch.path() / "file";
  const std::string one(300'000, 'a'), other(200'000, 'b');
  write_file_atomically(path, one);
  for (int round = 0; round < 20; ++round) {
    Pipe written = make_pipe();
    const pid_t writer = ::fork();
    REQUIRE(writer >= 0);
    if (writer == 0) {
      for (;;) {
        write_file_atomically(path, other);
        write_all(written.write.get(), "o");
        write_file_atomically(path, one);
        write_all(written.write.get(), "o");
      }
    }
    // After that many writes it is killed in the next.
    std::string writes(static_cast<std::size_t>(round), ' ');
    for (char& write : writes) REQUIRE(::read(written.read.get(), &write, 1) == 1);
    ::kill(writer, SIGKILL);
    ::waitpid(writer, nullptr, 0);
    const std::string content = read_file(path);
    REQUIRE((content == one || content == other));
  }
}

TEST_CASE("directories are made with all above them, and twice is fine") {
  const TemporaryDirectory scratch("belay-files-");
  make_directories(scratch.path() / "a/b/c");
  make_directories(scratch.path() / "a/b/c");
  make_directories(scratch.path() / "a/slash/");
  CHECK(mode_of(scratch.path() / "a") == 0700);
  CHECK(mode_of(scratch.path() / "a/b/c") == 0700);
  CHECK(fs::is_directory(scratch.path() / "a/slash"));
  replace_symlink(scratch.path() / "link", "a");
  make_directories(scratch.path() / "link/d");
  CHECK(fs::is_directory(scratch.path() / "a/d"));
  const fs::path here = fs::current_path();
  fs::current_path(scratch.path());
  make_directories("relative/one");
  write_file_atomically("bare name", "x");
  fs::current_path(here);
  CHECK(fs::is_directory(scratch.path() / "relative/one"));
  CHECK(read_file(scratch.path() / "bare name") == "x");
}

TEST_CASE("a tree is removed, a link but not what it points to, and nothing is fine") {
  const TemporaryDirectory scratch("belay-files-");
  make_directories(scratch.path() / "kept");
  write_file_atomically(scratch.path() / "kept/file", "x");
  make_directories(scratch.path() / "tree/inner");
  replace_symlink(scratch.path() / "tree/link", scratch.path() / "kept");
  remove_tree(scratch.path() / "tree");
  remove_tree(scratch.path() / "tree");
  CHECK_FALSE(fs::exists(scratch.path() / "tree"));
  CHECK(fs::exists(scratch.path() / "kept/file"));
}

TEST_CASE("a symlink is replaced without a moment in which there is none") {
  const TemporaryDirectory scratch("belay-files-");
  const fs::path link = scratch.path() / "current";
  replace_symlink(link, "0");
  std::jthread switching([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) replace_symlink(link, std::to_string(i % 10));
  });
  for (int i = 0; i < 2000; ++i) REQUIRE(fs::read_symlink(link).native().size() == 1);
  switching.request_stop();
  switching.join();
  CHECK(entries_in(scratch.path()) == 1);
}

TEST_CASE("a real directory is no link to one, and one without rights is not entered") {
  const TemporaryDirectory scratch("belay-files-");
  const fs::path directory = scratch.path() / "directory", link = scratch.path() / "link";
  make_directories(directory);
  replace_symlink(link, "directory");
  write_file_atomically(scratch.path() / "file", "");
  CHECK(is_real_directory(directory));
  for (const char* name : {"link", "file", "file/below", "missing"})
    CHECK_FALSE(is_real_directory(scratch.path() / name));
  CHECK(may_be_entered(directory));
  CHECK(may_be_entered(link));
  CHECK_FALSE(may_be_entered(scratch.path() / "missing"));
  fs::permissions(directory, fs::perms::owner_write);
  CHECK(may_be_entered(directory) == (::geteuid() == 0));  // root is not hindered by any mode
}

TEST_CASE("free space is what df says, about") {
  const Space space = free_space("/");
  CHECK(space.bytes_free > 0);
  CHECK(space.inodes_free > 0);
  CHECK(free_space("/proc").inodes_free == std::numeric_limits<std::uint64_t>::max());  // reports none at all
}

TEST_CASE("a temporary directory is private and goes with its owner") {
  fs::path path;
  {
    const TemporaryDirectory scratch("belay-temporary-");
    path = scratch.path();
    CHECK(path.filename().native().starts_with("belay-temporary-"));
    CHECK(mode_of(path) == 0700);
    make_directories(path / "a/b");
    write_file_atomically(path / "a/b/file", "x");
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a temporary directory stands in the runtime directory where there is one") {
  const TemporaryDirectory scratch("belay-runtime-");
  const char* before = std::getenv("XDG_RUNTIME_DIR");
  const std::string kept = before != nullptr ? before : "";
  ::setenv("XDG_RUNTIME_DIR", scratch.path().c_str(), 1);
  CHECK(TemporaryDirectory("x").path().parent_path() == scratch.path());
  ::setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
  CHECK(TemporaryDirectory("x").path().parent_path() == "/tmp");
  ::unsetenv("XDG_RUNTIME_DIR");
  CHECK(TemporaryDirectory("x").path().parent_path() == "/tmp");
  if (before != nullptr) ::setenv("XDG_RUNTIME_DIR", kept.c_str(), 1);
}

TEST_CASE("a temporary directory lies where it is asked for") {
  const TemporaryDirectory parent("belay-test");
  fs::path inner;
  {
    const TemporaryDirectory directory(parent.path(), "trees-");
    inner = directory.path();
    CHECK(inner.parent_path() == parent.path());
    CHECK((fs::status(inner).permissions() & fs::perms::all) == fs::perms::owner_all);
  }
  CHECK(!fs::exists(inner));
}

TEST_CASE("read-only directories of this user's are removed, and what a link names stays") {
  const TemporaryDirectory scratch("belay-test");
  const fs::path kept = scratch.path() / "kept", tree = scratch.path() / "tree";
  constexpr uid_t nobody = 65534;  // root would not be hindered by any mode
  REQUIRE((::geteuid() != 0 || ::chown(scratch.path().c_str(), nobody, nobody) == 0));
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setresuid(nobody, nobody, nobody) != 0) ::_exit(1);
    fs::create_directories(kept);
    write_file_atomically(kept / "file", "kept");
    fs::create_directories(tree / "read-only/deep");
    write_file_atomically(tree / "read-only/deep/file", "x");
    fs::create_directory_symlink(kept, tree / "read-only/link");
    fs::permissions(tree / "read-only/deep", fs::perms::none);
    fs::permissions(tree / "read-only", fs::perms::owner_read | fs::perms::owner_exec);
    fs::permissions(kept, fs::perms::owner_read | fs::perms::owner_exec);
    try {
      remove_tree(tree);
    } catch (const Error&) {
      ::_exit(2);
    }
    ::_exit(0);
  }
  int how = 0;
  REQUIRE(::waitpid(child, &how, 0) == child);
  CHECK(how == 0);
  CHECK(!fs::exists(tree));
  CHECK(fs::exists(kept / "file"));
  CHECK((fs::status(kept).permissions() & fs::perms::owner_write) == fs::perms::none);
}
