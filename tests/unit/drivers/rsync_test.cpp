#include "drivers/rsync.hpp"

#include <map>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "base/link_tree.hpp"
#include "scratch.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

Deadline soon() {
  return Deadline::in(std::chrono::minutes(1));
}

ino_t inode(const fs::path& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_ino;
}

using Kinds = std::map<std::string, rsync::Change::Kind>;

Kinds previewed(const rsync::Request& request, rsync::Modes modes = rsync::Modes::count) {
  const auto changes = rsync::preview(request, modes, {}, soon());
  REQUIRE(changes);
  Kinds kinds;
  for (const auto& change : *changes) kinds[change.path] = change.kind;
  return kinds;
}

void make_old(const fs::path& path) {
  fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(5));
}

}  // namespace

TEST_CASE("contents, executable bits and links arrive; what is excluded does not") {
  const Scratch scratch;
  scratch.write("from/src/a.ts", "a");
  fs::permissions(scratch.write("from/run.sh", "#!/bin/sh"), fs::perms(0750));
  scratch.write("from/.env.local", "secret");
  scratch.write("from/node_modules/x/index.js", "x");
  scratch.write("from/with space/ä.txt", "u");
  fs::create_symlink("run.sh", scratch / "from/link");
  const auto sent = rsync::transfer(
      {.from = scratch / "from", .to = (scratch / "to").string(), .exclude = {"node_modules", ".env.*"}}, {},
      {}, soon());
  CHECK(sent.files == 3);
  CHECK(sent.files_sent == 3);
  CHECK(sent.bytes_total > 0);
  CHECK(sent.bytes_sent > 0);
  CHECK(read_file(scratch / "to/src/a.ts") == "a");
  CHECK(read_file(scratch / "to/with space/ä.txt") == "u");
  CHECK(fs::status(scratch / "to/run.sh").permissions() == fs::perms(0750));
  CHECK(fs::read_symlink(scratch / "to/link") == "run.sh");
  CHECK(!fs::exists(scratch / "to/.env.local"));
  CHECK(!fs::exists(scratch / "to/node_modules"));
}

TEST_CASE(
    "against the last release unchanged files are hard-linked whatever their times, changed ones are not") {
  const Scratch scratch;
  scratch.write("from/same.ts", "same");
  scratch.write("from/changed.ts", "new text");
  fs::permissions(scratch.write("from/mode.sh", "mode"), fs::perms(0755));
  make_old(scratch / "from/same.ts");
  scratch.write("last/same.ts", "same");
  scratch.write("last/changed.ts", "old text");  // as long as the new one
  fs::permissions(scratch.write("last/mode.sh", "mode"), fs::perms(0644));
  const auto sent = rsync::transfer({.from = scratch / "from",
                                     .to = (scratch / "next").string(),
                                     .link_destination = (scratch / "last").string()},
                                    {}, {}, soon());
  CHECK(inode(scratch / "next/same.ts") == inode(scratch / "last/same.ts"));
  CHECK(inode(scratch / "next/changed.ts") != inode(scratch / "last/changed.ts"));
  CHECK(read_file(scratch / "next/changed.ts") == "new text");
  CHECK(read_file(scratch / "last/changed.ts") == "old text");
  CHECK(inode(scratch / "next/mode.sh") != inode(scratch / "last/mode.sh"));
  CHECK(fs::status(scratch / "next/mode.sh").permissions() == fs::perms(0755));
  CHECK(sent.files_sent >= 1);
}

TEST_CASE("a file of the same size and time but other contents is sent") {
  const Scratch scratch;
  scratch.write("from/a", "1111");
  scratch.write("to/a", "2222");
  fs::last_write_time(scratch / "from/a", fs::last_write_time(scratch / "to/a"));
  CHECK(rsync::transfer({.from = scratch / "from", .to = (scratch / "to").string()}, {}, {}, soon())
            .files_sent == 1);
  CHECK(read_file(scratch / "to/a") == "1111");
}

TEST_CASE("removing what is extraneous spares what is excluded, and is off by default") {
  const Scratch scratch;
  scratch.write("from/a", "a");
  scratch.write("to/gone.ts", "x");
  scratch.write("to/.env", "SECRET=1");
  scratch.write("to/uploads/photo", "p");
  rsync::Request request{
      .from = scratch / "from", .to = (scratch / "to").string(), .exclude = {".env", "uploads"}};
  rsync::transfer(request, {}, {}, soon());
  CHECK(fs::exists(scratch / "to/gone.ts"));
  request.remove_extraneous = true;
  rsync::transfer(request, {}, {}, soon());
  CHECK(!fs::exists(scratch / "to/gone.ts"));
  CHECK(fs::exists(scratch / "to/.env"));
  CHECK(fs::exists(scratch / "to/uploads/photo"));
}

TEST_CASE("progress is told in bytes and percent up to the end") {
  const Scratch scratch;
  for (int i = 0; i < 20; ++i)
    scratch.write("from/" + std::to_string(i), std::string(100'000, static_cast<char>('a' + i)));
  std::uint64_t bytes = 0;
  int percent = 0, calls = 0;
  rsync::transfer(
      {.from = scratch / "from", .to = (scratch / "to").string()},
      [&](std::uint64_t done, int share) {
        CHECK(done >= bytes);
        bytes = done;
        percent = share;
        ++calls;
      },
      {}, soon());
  CHECK(calls >= 1);
  CHECK(bytes == 2'000'000);
  CHECK(percent == 100);
}

TEST_CASE("a preview names each change and touches nothing") {
  const Scratch scratch;
  scratch.write("from/new.ts", "n");
  scratch.write("from/same.ts", "s");
  scratch.write("from/changed.ts", "2");
  scratch.write("to/same.ts", "s");
  make_old(scratch / "to/same.ts");
  scratch.write("to/changed.ts", "1");
  scratch.write("to/gone.ts", "g");
  const auto kinds =
      previewed({.from = scratch / "from", .to = (scratch / "to").string(), .remove_extraneous = true});
  CHECK(kinds == std::map<std::string, rsync::Change::Kind>{{"gone.ts", rsync::Change::Kind::removed},
                                                            {"new.ts", rsync::Change::Kind::added},
                                                            {"changed.ts", rsync::Change::Kind::changed}});
  CHECK(fs::exists(scratch / "to/gone.ts"));
  CHECK(!fs::exists(scratch / "to/new.ts"));
}

TEST_CASE("a preview is of contents: times are no change, modes only where they count") {
  const Scratch scratch;
  for (const char* const side : {"from/", "to/"})
    for (const char* const name : {"same", "mode", "dir/inner"})
      scratch.write(std::string(side) + name, std::string(name) + "\n");
  make_old(scratch / "to/same");
  make_old(scratch / "to/dir");
  fs::permissions(scratch / "from/mode", fs::perms(0755));
  fs::permissions(scratch / "to/mode", fs::perms(0644));
  fs::permissions(scratch / "to/dir", fs::perms(0700));
  const rsync::Request request{.from = scratch / "from", .to = (scratch / "to").string()};
  CHECK(previewed(request) == Kinds{{"mode", rsync::Change::Kind::changed}});
  CHECK(previewed(request, rsync::Modes::do_not_count).empty());
}

TEST_CASE("what rsync says is never taken for a change, and names come as they are") {
  const Scratch scratch;
  scratch.write("from/a\nb", "1");
  scratch.write("from/äö \\#012", "1");
  REQUIRE(::mkfifo((scratch / "from/pipe").c_str(), 0600) == 0);  // "skipping non-regular file"
  fs::create_directories(scratch / "to");
  const rsync::Request request{.from = scratch / "from", .to = (scratch / "to").string()};
  const auto added = rsync::Change::Kind::added;
  CHECK(previewed(request) == Kinds{{"a\nb", added}, {"äö \\#012", added}});
  rsync::Request absent = request;
  absent.to = scratch / "nowhere";  // "created directory …", although nothing is
  CHECK(!rsync::preview(absent, rsync::Modes::count, {}, soon()));
  CHECK(!fs::exists(scratch / "nowhere"));
}

TEST_CASE("by size and time: all is linked, only what has another time is sent, what is gone is gone") {
  const Scratch scratch;
  for (const char* const name : {"same", "changed", "runs", "gone", "hidden/x"})
    scratch.write("from/" + std::string(name), name);
  fs::create_symlink("same", scratch / "from/link");
  const auto ship = [&](const std::string& to, const std::string& last, const std::string& shell) {
    rsync::Request request{.from = scratch / "from", .to = (scratch / to).string()};
    request.holds_links = !last.empty();
    if (request.holds_links && fs::exists(scratch / last)) link_tree(scratch / last, scratch / to);
    if (!shell.empty()) {
      request.to = "host:" + request.to;
      request.remote_shell = shell;
    }
    request.compare = rsync::Compare::size_and_time;
    if (!last.empty()) request.exclude = {"hidden"};
    fs::create_directories(scratch / to);
    return rsync::transfer(request, {}, {}, soon());
  };
  ship("one", "", "");
  fs::permissions(scratch.write("shell", "#!/bin/sh\nshift\nexec sh -c \"$*\"\n"), fs::perms(0755));
  const auto later = fs::last_write_time(scratch / "from/same") + std::chrono::seconds(5);
  scratch.write("from/changed", "CHANGED");  // as long as before
  fs::last_write_time(scratch / "from/changed", later);
  fs::permissions(scratch / "from/runs", fs::perms(0755));
  fs::last_write_time(scratch / "from/runs", later);
  fs::remove(scratch / "from/gone");
  for (const auto& [to, shell] :
       std::map<std::string, std::string>{{"here", ""}, {"it's there", (scratch / "shell").string()}}) {
    CAPTURE(to);
    CHECK(ship(to, "one", shell).files_sent == 2);
    CHECK(inode(scratch.path() / to / "same") == inode(scratch / "one/same"));
    CHECK(read_file(scratch.path() / to / "changed") == "CHANGED");
    CHECK(read_file(scratch / "one/changed") == "changed");
    CHECK(fs::status(scratch.path() / to / "runs").permissions() == fs::perms(0755));
    CHECK(fs::status(scratch / "one/runs").permissions() != fs::perms(0755));
    CHECK(!fs::exists(scratch.path() / to / "gone"));
    CHECK(!fs::exists(scratch.path() / to / "hidden"));
    CHECK(fs::exists(scratch / "one/gone"));
    CHECK(fs::read_symlink(scratch.path() / to / "link") == "same");
  }
  // What cannot be linked is sent.
  CHECK(ship("alone", "no such release", "").files_sent == 4 - 1);
}

TEST_CASE("tracked files that an unanchored exclude hides are named with the pattern at fault") {
  const Scratch scratch;
  const std::vector<std::string> files{
      "src/uploads/store.ts", "src/uploads/deep/er.ts", "src/app.ts", "src/a.test.ts", "logs.ts",
      "with space/uploads",   "deleted/uploads/x"};
  for (const std::string& file : files)
    if (!file.starts_with("deleted")) scratch.write(file, "x");
  std::vector<std::string> hidden;
  for (const auto& [path, pattern] :
       rsync::hidden_by({"uploads", "*.test.ts", "/logs"}, scratch.path(), files, {}))
    hidden.push_back(path + " (excluded by " + pattern + ")");
  CHECK(hidden == std::vector<std::string>{"src/uploads/store.ts (excluded by uploads)",
                                           "src/uploads/deep/er.ts (excluded by uploads)",
                                           "src/a.test.ts (excluded by *.test.ts)",
                                           "with space/uploads (excluded by uploads)"});
  CHECK(rsync::hidden_by({"/uploads", "/logs"}, scratch.path(), files, {}).empty());
}

TEST_CASE("over a remote shell the same arrives, spaces and all") {
  const Scratch scratch;
  // As ssh does: the destination first, then words that a shell reads.
  fs::permissions(scratch.write("shell", "#!/bin/sh\nshift\nexec sh -c \"$*\"\n"), fs::perms(0755));
  scratch.write("from/a b/$HOME.txt", std::string(100'000, 'x'));
  scratch.write("from/same", "same");
  scratch.write("the last one/same", "same");
  const rsync::Request request{.from = scratch / "from",
                               .to = "host:" + (scratch / "to there").string(),
                               .exclude = {"not this"},
                               .link_destination = (scratch / "the last one").string(),
                               .remote_shell = (scratch / "shell").string()};
  fs::create_directories(scratch / "to there");
  CHECK(previewed(request).size() >= 2);
  const auto sent = rsync::transfer(request, {}, {}, soon());
  CHECK(sent.files_sent == 1);
  CHECK(sent.bytes_total > 100'000);
  CHECK(sent.bytes_sent < 50'000);  // compressed
  CHECK(read_file(scratch / "to there/a b/$HOME.txt").size() == 100'000);
  CHECK(inode(scratch / "to there/same") == inode(scratch / "the last one/same"));

  fs::permissions(
      scratch.write("bare", "#!/bin/sh\nexec env PATH=/nonexistent /bin/sh -c 'rsync --server'\n"),
      fs::perms(0755));
  rsync::Request without = request;
  without.remote_shell = (scratch / "bare").string();
  try {
    rsync::transfer(without, {}, {}, soon());
    FAIL("it succeeded");
  } catch (const Error& error) {
    CHECK(error.next() == "install rsync on the host");
  }
}

TEST_CASE("a failure carries rsync's own words") {
  const Scratch scratch;
  try {
    rsync::transfer({.from = scratch / "absent", .to = (scratch / "to").string()}, {}, {}, soon());
    FAIL("it succeeded");
  } catch (const Error& error) {
    CHECK(error.why().contains("No such file or directory"));
    CHECK(error.why().contains("exit code 23"));
  }
}

TEST_CASE("rsync's version is a number") {
  const std::string version = rsync::version({});
  CHECK(version.find_first_not_of("0123456789.") == std::string::npos);
  CHECK(version.starts_with("3."));
}

TEST_CASE("what a transfer with an exclude list sends is named before, directories and odd names too") {
  const Scratch scratch;
  const std::vector<std::string> exclude{"node_modules", "/top.log", "*.tmp", "sub/*/gone", "- only dir/"};
  for (const char* name :
       {"a", "node_modules/x", "deep/node_modules/y", "top.log", "deep/top.log", "x.tmp", "sub/1/gone",
        "sub/1/stays", "only dir/z", "deep/only dir", "n\nl", "\xff", "\\#012", " ", "ä/ö"})
    scratch.write(std::string("from/") + name, name);
  fs::create_symlink("node_modules", scratch / "from/link");
  fs::create_directories(scratch / "from/empty");
  const auto named = rsync::sent_of(scratch / "from", exclude, {});
  rsync::transfer({.from = scratch / "from", .to = (scratch / "to").string(), .exclude = exclude}, {}, {},
                  soon());
  std::set<std::string> arrived;
  for (const auto& entry : fs::recursive_directory_iterator(scratch / "to"))
    arrived.insert(entry.path().lexically_relative(scratch / "to").string());
  std::set<std::string> below = named;
  below.erase(".");
  CHECK(below == arrived);
  CHECK(arrived.contains("empty"));
  CHECK_FALSE(arrived.contains("deep/node_modules"));
}
