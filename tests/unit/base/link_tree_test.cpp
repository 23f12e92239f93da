#include "base/link_tree.hpp"

#include <map>

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include "base/error.hpp"

using namespace belay;

namespace {

struct Scratch {
  TemporaryDirectory directory{"belay-link-"};

  fs::path operator/(const std::string& name) const { return directory.path() / name; }
  void write(const std::string& name, const std::string& content) const {
    make_directories((*this / name).parent_path(), 0755);
    write_file_atomically(*this / name, content, 0644);
  }
};

struct stat status_of(const fs::path& path) {
  struct stat status{};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

/// By path: inode, or mode of a directory.
std::map<std::string, std::uint64_t> files_of(const fs::path& root) {
  std::map<std::string, std::uint64_t> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const auto status = status_of(entry.path());
    files[entry.path().lexically_relative(root)] = S_ISDIR(status.st_mode) ? status.st_mode : status.st_ino;
  }
  return files;
}

}  // namespace

TEST_CASE("a linked tree has the same files, links and directories' modes, of many directories and of none") {
  const Scratch scratch;
  fs::create_directories(scratch / "from");
  for (int i = 0; i < 60; ++i)
    for (int j = 0; j < 5; ++j) scratch.write(fmt::format("from/{}/deep {}/ü{}", i % 7, i, j), "x");
  scratch.write("from/.hidden", "x");
  fs::create_directories(scratch / "from/empty");
  fs::permissions(scratch / "from", fs::perms(0751));
  fs::permissions(scratch / "from/empty", fs::perms(0711));
  fs::create_symlink("nowhere", scratch / "from/dangling");
  fs::create_directory_symlink("empty", scratch / "from/to directory");
  link_tree(scratch / "from", scratch / "to");
  CHECK(files_of(scratch / "to") == files_of(scratch / "from"));
  CHECK((status_of(scratch / "to").st_mode & 07777) == 0751);
  CHECK(fs::read_symlink(scratch / "to/to directory") == "empty");
  link_tree(scratch / "from", scratch / "to");  // again, as after a death
  CHECK(files_of(scratch / "to") == files_of(scratch / "from"));
}

TEST_CASE("what lies there stays, and a read-only directory is linked whole") {
  const Scratch scratch;
  scratch.write("from/a", "ours");
  scratch.write("from/closed/b", "b");
  fs::permissions(scratch / "from/closed", fs::perms(0555));
  scratch.write("to/a", "theirs");
  scratch.write("to/more", "more");
  link_tree(scratch / "from", scratch / "to");
  fs::permissions(scratch / "from/closed", fs::perms(0755));
  CHECK(read_file(scratch / "to/a") == "theirs");
  CHECK(read_file(scratch / "to/more") == "more");
  CHECK(read_file(scratch / "to/closed/b") == "b");
  CHECK((status_of(scratch / "to/closed").st_mode & 07777) == 0755);
}

TEST_CASE("what cannot be linked is named") {
  const Scratch scratch;
  scratch.write("from/a", "a");
  scratch.write("from/z", "z");
  scratch.write("from/sub/b", "b");
  scratch.write("to/sub", "a file where a directory belongs");
  try {
    link_tree(scratch / "from", scratch / "to");
    FAIL("it succeeded");
  } catch (const Error& error) {
    CHECK(error.message_and_why().contains("/to/sub"));
  }
  CHECK_THROWS_AS(link_tree(scratch / "absent", scratch / "to"), Error);
}
