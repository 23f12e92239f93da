#include "release/live_files.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <random>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../drivers/scratch.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

using namespace belay;
using belay::testing::Scratch;

namespace {

using Lines = std::vector<std::string>;

/// Its time of change comes from its content: as with files that were not written within one tick of the
/// clock, another content has another one.
void write(const fs::path& path, const std::string& content, int mode = 0644) {
  std::ofstream(path, std::ios::binary) << content;
  fs::permissions(path, static_cast<fs::perms>(mode));
  const auto nanoseconds = static_cast<long>(std::hash<std::string>{}(content) % 999'999'999) + 1;
  const std::array<timespec, 2> times{timespec{1'700'000'000, nanoseconds},
                                      timespec{1'700'000'000, nanoseconds}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
}

/// What stands at a path: "-" nothing, "x:1" a program of content 1, "f:1" another file, "d" an empty
/// directory, "d:1" one with a file `in`, "l:a" a symlink to a.
void make(const fs::path& path, const std::string& what) {
  const auto rest = what.size() > 2 ? what.substr(2) : std::string{};
  switch (what.front()) {
    case 'f':
    case 'x':
      make_directories(path.parent_path(), 0755);
      write(path, rest, what.front() == 'x' ? 0755 : 0644);
      break;
    case 'd':
      make_directories(path, 0755);
      if (!rest.empty()) write(path / "in", rest);
      break;
    case 'l':
      make_directories(path.parent_path(), 0755);
      fs::create_symlink(rest, path);
      break;
    default:
      break;
  }
}

std::string content_of(const fs::path& path) {
  return read_file_if_exists(path).value_or("?");
}

/// Everything below a directory: kind, mode, content, and the inode if asked.
std::map<std::string, std::string> tree(const fs::path& root, bool with_inodes = false) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    struct stat status{};
    REQUIRE(::lstat(entry.path().c_str(), &status) == 0);
    std::string shown = S_ISLNK(status.st_mode) ? "link to " + fs::read_symlink(entry.path()).string()
                        : S_ISDIR(status.st_mode)
                            ? fmt::format("directory {:o}", status.st_mode & 07777u)
                            : fmt::format("file {:o} {}", status.st_mode & 07777u, content_of(entry.path()));
    if (with_inodes && !S_ISDIR(status.st_mode)) shown += fmt::format(" #{}", status.st_ino);
    found[entry.path().lexically_relative(root).string()] = shown;
  }
  return found;
}

/// The three trees that a publication compares, and where it keeps what it replaces.
struct Trees {
  Scratch scratch;
  fs::path live = scratch / "live", source = scratch / "source", before = scratch / "before",
           aside = scratch / "aside";
  PublicationRules rules{.live = live, .source = source, .before = before};

  Trees() {
    for (const auto& directory : {live, source, before}) make_directories(directory, 0755);
  }
  Publication plan() const { return plan_publication(rules); }
  void publish_all() const { publish(plan(), live, source, aside); }
};

Lines shown(const Publication& publication) {
  Lines lines;
  for (const auto& change : publication.changes) {
    const char sign = change.kind == LiveChange::Kind::added     ? '+'
                      : change.kind == LiveChange::Kind::changed ? '~'
                                                                 : '-';
    lines.push_back(sign + change.path);
  }
  for (const auto& kept : publication.kept) lines.push_back("=" + kept.path);
  return lines;
}

struct Row {
  std::string before, live, source;
  Lines wanted;          // of a path no container writes to
  Lines wanted_written;  // of one that containers may write to
};

}  // namespace

TEST_CASE("what publishing changes and keeps, for each kind of file in the three trees") {
  const std::vector<Row> rows{
      // New in the live directory.
      {"-", "-", "f:1", {"+p"}, {"+p"}},
      {"-", "-", "d:1", {"+p", "+p/in"}, {"+p", "+p/in"}},
      {"-", "-", "l:a", {"+p"}, {"+p"}},
      // The release before brought it, and it is gone.
      {"f:1", "-", "f:1", {"+p"}, {"=p"}},
      {"f:1", "-", "f:2", {"+p"}, {"=p"}},
      // A file.
      {"-", "f:1", "f:1", {}, {}},
      {"-", "f:1", "f:2", {"~p"}, {"=p"}},
      {"f:1", "f:1", "f:2", {"~p"}, {"~p"}},
      {"f:1", "f:3", "f:2", {"~p"}, {"=p"}},
      {"f:1", "f:3", "f:1", {"~p"}, {"=p"}},
      {"f:1", "f:2", "f:2", {}, {}},
      // A program.
      {"f:1", "f:1", "x:1", {"~p"}, {"~p"}},
      {"x:1", "x:1", "f:1", {"~p"}, {"~p"}},
      {"-", "x:1", "f:1", {"~p"}, {"=p"}},
      // A file becomes a directory, and the reverse.
      {"f:1", "f:1", "d:1", {"-p", "+p", "+p/in"}, {"-p", "+p", "+p/in"}},
      {"-", "f:1", "d:1", {"-p", "+p", "+p/in"}, {"=p"}},
      {"f:1", "f:3", "d:1", {"-p", "+p", "+p/in"}, {"=p"}},
      {"d:1", "d:1", "f:1", {"-p/in", "-p", "+p"}, {"-p/in", "-p", "+p"}},
      {"d:1", "d:2", "f:1", {"=p"}, {"=p"}},
      {"d", "d:1", "f:1", {"=p"}, {"=p"}},
      {"d", "d", "f:1", {"-p", "+p"}, {"-p", "+p"}},
      {"-", "d", "f:1", {"=p"}, {"=p"}},
      {"f:1", "d:1", "f:1", {"=p"}, {"=p"}},
      // A directory stays, whatever is in it.
      {"d:1", "d:1", "d:2", {"~p/in"}, {"~p/in"}},
      {"d:1", "d:3", "d:2", {"~p/in"}, {"=p/in"}},
      {"-", "d", "d:1", {"+p/in"}, {"+p/in"}},
      {"d:1", "d", "d:1", {"+p/in"}, {"=p/in"}},
      // A symlink is the server's, save for one that a release brought.
      {"-", "l:a", "f:1", {"=p"}, {"=p"}},
      {"-", "l:a", "d:1", {"=p"}, {"=p"}},
      {"-", "l:gone", "f:1", {"=p"}, {"=p"}},
      {"-", "l:a", "l:b", {"=p"}, {"=p"}},
      {"-", "l:a", "l:a", {}, {}},
      {"f:1", "l:a", "f:2", {"=p"}, {"=p"}},
      {"l:a", "l:a", "l:b", {"~p"}, {"~p"}},
      {"l:a", "l:a", "f:1", {"~p"}, {"~p"}},
      {"l:a", "l:b", "f:1", {"=p"}, {"=p"}},
      {"l:a", "l:a", "d:1", {"-p", "+p", "+p/in"}, {"-p", "+p", "+p/in"}},
      {"l:a", "f:1", "l:a", {"~p"}, {"=p"}},
      {"f:1", "f:1", "l:a", {"~p"}, {"~p"}},
      {"d:1", "d:1", "l:a", {"-p/in", "-p", "+p"}, {"-p/in", "-p", "+p"}},
      {"-", "d:1", "l:a", {"=p"}, {"=p"}},
      // No longer in the release: removed as it was brought, else left.
      {"f:1", "f:1", "-", {"-p"}, {"-p"}},
      {"f:1", "f:2", "-", {"=p"}, {"=p"}},
      {"f:1", "-", "-", {}, {}},
      {"l:a", "l:a", "-", {"-p"}, {"-p"}},
      {"l:a", "l:b", "-", {"=p"}, {"=p"}},
      {"d:1", "d:1", "-", {"-p/in", "-p"}, {"-p/in", "-p"}},
      {"d:1", "d:2", "-", {"=p/in"}, {"=p/in"}},
      {"d", "d:1", "-", {}, {}},
      {"d", "d", "-", {"-p"}, {"-p"}},
      {"d:1", "l:a", "-", {}, {}},
      {"-", "f:1", "-", {}, {}},
      {"-", "d:1", "-", {}, {}},
      {"-", "l:a", "-", {}, {}},
  };
  for (const auto& row : rows)
    for (const bool written : {false, true}) {
      CAPTURE(row.before);
      CAPTURE(row.live);
      CAPTURE(row.source);
      CAPTURE(written);
      Trees at;
      for (const auto& root : {at.before, at.live, at.source}) make(root / "other", "f:1");
      make(at.before / "p", row.before);
      make(at.live / "p", row.live);
      make(at.source / "p", row.source);
      at.rules.remove_extraneous = true;
      if (written) at.rules.written = {"."};
      CHECK(shown(at.plan()) == (written ? row.wanted_written : row.wanted));
      // And the acts do it: afterwards there is nothing left to change.
      const auto old = tree(at.live, true);
      at.publish_all();
      CHECK(at.plan().changes.empty());
      unpublish(at.live, at.aside);
      CHECK(tree(at.live, true) == old);
    }
}

TEST_CASE("what a container mounts by itself comes back: no container can have removed it") {
  Trees at;
  for (const auto& root : {at.before, at.source, at.live}) make(root / "other", "f:1");
  for (const auto& root : {at.before, at.source}) {
    make(root / "settings.yml", "f:1");
    make(root / "data", "d:1");
  }
  at.rules.written = {"settings.yml", "data"};
  CHECK(shown(at.plan()) == Lines{"+data", "+data/in", "+settings.yml"});
  make(at.live / "data", "d");
  CHECK(shown(at.plan()) == Lines{"+settings.yml", "=data/in"});
}

TEST_CASE("all comes back into a live directory that was emptied, though containers may write to it") {
  Trees at;
  for (const auto& root : {at.before, at.source}) {
    make(root / "compose.yml", "f:1");
    make(root / "install", "d:1");
  }
  at.rules.written = {"."};
  make(at.live / "install", "d");
  CHECK_FALSE(at.plan().emptied);
  CHECK(shown(at.plan()) == Lines{"=compose.yml", "=install/in"});
  fs::remove_all(at.live / "install");
  make(at.live / ".env", "f:own");
  make(at.live / "new.conf", "f:own");
  make(at.source / "new.conf", "f:1");
  REQUIRE(at.plan().emptied);
  CHECK(shown(at.plan()) == Lines{"+compose.yml", "+install", "+install/in", "=new.conf"});
  publish(additions_of(at.plan()), at.live, at.source, at.aside);
  CHECK(at.plan().changes.empty());
  CHECK(content_of(at.live / ".env") == "own");
  unpublish(at.live, at.aside);
  CHECK(at.plan().emptied);
}

TEST_CASE("without `delete` nothing is removed") {
  Trees at;
  make(at.before / "p", "d:1");
  make(at.live / "p", "d:1");
  CHECK(at.plan().changes.empty());
}

TEST_CASE("where no release before tells who wrote a file, what was committed once may be replaced") {
  Trees at;
  at.rules.before.clear();
  at.rules.written = {"."};
  at.rules.was_committed = [&](const fs::path& file) { return file == at.live / "old.conf"; };
  make(at.live / "old.conf", "f:1");
  make(at.live / "own.conf", "f:1");
  make(at.source / "old.conf", "f:2");
  make(at.source / "own.conf", "f:2");
  CHECK(shown(at.plan()) == Lines{"~old.conf", "=own.conf"});
}

TEST_CASE("belay's own directory is never published, nor removed") {
  Trees at;
  at.rules.remove_extraneous = true;
  make(at.source / ".belay", "d:1");
  make(at.before / ".belay", "d:2");
  make(at.live / ".belay", "d:2");
  CHECK(at.plan().changes.empty());
}

TEST_CASE("a path is written to with all that is below it, and not with its namesakes") {
  Trees at;
  at.rules.written = {"data"};
  for (const auto* path : {"data/a", "data-2/a", "database"}) {
    make(at.live / path, "f:1");
    make(at.source / path, "f:2");
  }
  CHECK(shown(at.plan()) == Lines{"~data-2/a", "~database", "=data/a"});
}

TEST_CASE("a publication can be limited to paths, with the directories they lie in") {
  Trees at;
  make(at.source / "a/b/c", "f:1");
  make(at.source / "a/other", "f:1");
  make(at.source / "ab", "f:1");
  CHECK(shown(limited_to(at.plan(), {"a/b"})) == Lines{"+a", "+a/b", "+a/b/c"});
  CHECK(shown(limited_to(at.plan(), {"."})).size() == 5);
  CHECK(limited_to(at.plan(), {}).changes.empty());
}

TEST_CASE(
    "a symlink of the release before that becomes a directory brings all its files, also those it led to") {
  Trees at;
  make(at.live / "a", "d:1");
  for (const auto& tree_of : {at.live, at.before}) make(tree_of / "p", "l:a");
  make(at.source / "p", "d:1");
  at.publish_all();
  CHECK(content_of(at.live / "p/in") == "1");
  CHECK_FALSE(fs::is_symlink(at.live / "p"));
}

TEST_CASE("a death before the first change: undoing it removes nothing, and nothing behind a symlink") {
  for (const auto* was : {"f:1", "l:a"}) {
    CAPTURE(was);
    Trees at;
    make(at.live / "a", "d:1");
    for (const auto& tree_of : {at.live, at.before}) make(tree_of / "p", was);
    make(at.source / "p", "d:2");
    const auto old = tree(at.live, true);
    at.publish_all();
    const auto manifest = content_of(at.aside / "changes.json");
    unpublish(at.live, at.aside);
    make_directories(at.aside);
    write(at.aside / "changes.json", manifest);
    unpublish(at.live, at.aside);
    CHECK(tree(at.live, true) == old);
  }
}

TEST_CASE("names that are not ASCII, have spaces, are no UTF-8 or are as long as can be") {
  Trees at;
  const Lines names{"Straße.txt", "a b\n\"c\"", "caf\xe9", std::string(255, 'n')};
  for (const auto& name : names) make(at.source / name, "f:2");
  make(at.live / names[2], "f:1");
  const auto old = tree(at.live, true);
  at.publish_all();
  for (const auto& name : names) CHECK(content_of(at.live / name) == "2");
  unpublish(at.live, at.aside);
  CHECK(tree(at.live, true) == old);
}

TEST_CASE("a directory that was removed comes back with its mode and owner") {
  Trees at;
  at.rules.remove_extraneous = true;
  for (const auto& tree_of : {at.live, at.before}) {
    make(tree_of / "empty", "d");
    make(tree_of / "full", "d:1");
  }
  ::chmod((at.live / "empty").c_str(), 02750);
  ::chmod((at.live / "full").c_str(), 01777);
  if (::geteuid() == 0) REQUIRE(::chown((at.live / "full").c_str(), 999, 998) == 0);
  at.publish_all();
  CHECK(tree(at.live).empty());
  unpublish(at.live, at.aside);
  struct stat empty{}, full{};
  REQUIRE(::stat((at.live / "empty").c_str(), &empty) == 0);
  REQUIRE(::stat((at.live / "full").c_str(), &full) == 0);
  CHECK((empty.st_mode & 07777) == 02750);
  CHECK((full.st_mode & 07777) == 01777);
  if (::geteuid() == 0) CHECK(full.st_uid == 999);
  CHECK(content_of(at.live / "full/in") == "1");
}

TEST_CASE("what a killed process left half written is gone with the undo") {
  Trees at;
  make(at.live / "p", "f:1");
  make(at.source / "p", "f:2");
  at.publish_all();
  write_file_atomically(at.live / ".belay-new", "half");
  unpublish(at.live, at.aside);
  CHECK(tree(at.live).size() == 1);
}

TEST_CASE("a file that cannot be brought back does not keep the others from it") {
  Trees at;
  for (const auto* name : {"a", "b", "c"}) {
    make(at.live / name, "f:1");
    make(at.source / name, "f:2");
  }
  at.publish_all();
  fs::remove(at.live / "b");
  make(at.live / "b", "d:in the way");
  CHECK_THROWS_AS(unpublish(at.live, at.aside), Error);
  CHECK(content_of(at.live / "a") == "1");
  CHECK(content_of(at.live / "c") == "1");
  fs::remove_all(at.live / "b");
  unpublish(at.live, at.aside);
  CHECK(content_of(at.live / "b") == "1");
  CHECK_FALSE(fs::exists(at.aside));
}

TEST_CASE("a file that cannot be written is named with its owner") {
  Trees at;
  make(at.live / "p", "f:1");
  make(at.source / "p", "f:2");
  const auto publication = at.plan();
  fs::remove(at.source / "p");
  try {
    publish(publication, at.live, at.source, at.aside);
    FAIL("it was published");
  } catch (const Error& error) {
    CHECK(error.what() == "cannot write " + (at.live / "p").string());
    CHECK(error.why().find(fmt::format("belongs to uid {}", ::geteuid())) != std::string::npos);
  }
  CHECK(content_of(at.live / "p") == "1");
  CHECK(tree(at.live).size() == 1);  // nothing half written beside it
}

TEST_CASE("what somebody edited is told before it is replaced, and kept when it is") {
  struct Row {
    const char *before, *live, *source;
    bool told;
  };
  for (const auto& row : {
           Row{"f:1", "f:1", "f:2", false},  // as the release before brought it
           Row{"f:1", "f:3", "f:2", true},
           Row{"f:1", "x:1", "f:2", true},   // its mode was changed
           Row{"f:1", "f:3", "f:1", true},   // the release leaves it as it was
           Row{"-", "f:3", "f:2", true},     // the server's own
           Row{"f:1", "f:2", "f:2", false},  // nothing changes
           Row{"f:1", "-", "f:2", false},
       }) {
    CAPTURE(row.before);
    CAPTURE(row.live);
    CAPTURE(row.source);
    Trees at;
    make(at.before / "d/p", row.before);
    make(at.live / "d/p", row.live);
    make(at.source / "d/p", row.source);
    const auto plan = at.plan();
    CHECK(std::ranges::any_of(plan.changes, &LiveChange::replaces_edits) == row.told);
    publish(plan, at.live, at.source, at.aside);
    const auto kept = at.scratch / "kept";
    const Lines wanted = row.told ? Lines{"d/p"} : Lines{};
    for (int twice = 0; twice < 2; ++twice) CHECK(keep_edits(at.aside, at.before, kept) == wanted);
    if (row.told) CHECK("f:" + content_of(kept / "d/p") == "f:" + std::string(row.live + 2));
    CHECK(content_of(at.live / "d/p") == row.source + 2);
  }
  Trees first;  // nobody knows what a release brought
  first.rules.before.clear();
  make(first.live / "p", "f:1");
  make(first.source / "p", "f:2");
  CHECK(std::ranges::none_of(first.plan().changes, &LiveChange::replaces_edits));
}

TEST_CASE("the live version of what a release brings is kept, and kept anew after a death") {
  Trees at;
  const auto kept = at.scratch / "kept";
  make(at.source / "same", "f:1");
  make(at.source / "other", "f:2");
  make(at.source / "new", "f:2");
  make(at.source / "link", "f:2");
  make(at.source / "d", "d:2");
  make(at.live / "same", "f:1");
  make(at.live / "other", "f:1");
  make(at.live / "link", "l:same");
  make(at.live / "d", "d:1");
  make(at.live / "own", "f:1");
  ::chmod((at.live / "d").c_str(), 02770);
  for (int twice = 0; twice < 2; ++twice) keep_live_version(at.live, at.source, kept);
  CHECK(tree(kept) == std::map<std::string, std::string>{{"same", "file 644 1"},
                                                         {"other", "file 644 1"},
                                                         {"link", "link to same"},
                                                         {"d", "directory 2770"},
                                                         {"d/in", "file 644 1"}});
}

// ── random trees
// ─────────────────────────────────────────────────────────────────────────────────────────────────

namespace {

class RandomTrees {
 public:
  explicit RandomTrees(unsigned seed) : random_(seed) {
    at.rules.remove_extraneous = draw(2) == 0;
    if (draw(4) == 0) at.rules.before.clear();
    for (const auto* path : {"a", "b/c", "."})
      if (draw(4) == 0) at.rules.written.emplace_back(path);
    fill({}, 0);
  }
  unsigned draw(unsigned below) { return std::uniform_int_distribution<unsigned>(0, below - 1)(random_); }

  Trees at;

 private:
  /// The three trees mostly have the same: so all ways of differing come up.
  void fill(const fs::path& directory, int depth) {
    for (const auto* name : {"a", "b", "c d", "é"}) {
      const auto common = thing(depth);
      bool is_directory = false;
      for (const auto& root : {at.before, at.live, at.source}) {
        std::error_code not_there;
        if (!fs::is_directory(root / directory, not_there) ||
            fs::canonical(root / directory, not_there) != (root / directory / "").parent_path())
          continue;
        const auto one = draw(3) == 0 ? thing(depth) : common;
        make(root / directory / name, one);
        if (one.front() == 'd') {
          is_directory = true;
          fs::permissions(root / directory / name, static_cast<fs::perms>(draw(2) == 0 ? 0755 : 0771));
        }
      }
      if (is_directory && depth < 2) fill(directory / name, depth + 1);
    }
  }
  std::string thing(int depth) {
    const auto kind = draw(depth < 2 ? 8 : 5);
    if (kind == 0) return "-";
    if (kind == 1) return fmt::format("l:{}", draw(2) == 0 ? "a" : "nowhere");
    if (kind == 2) return fmt::format("x:{}", draw(2));
    if (kind < 5) return fmt::format("f:{}", draw(2));
    return "d";
  }

  std::mt19937 random_;
};

/// The first changes alone, as far as a process came that died.
Publication first_of(Publication publication, std::size_t count) {
  publication.changes.resize(std::min(count, publication.changes.size()));
  return publication;
}

}  // namespace

TEST_CASE(
    "whatever was published until a death, undoing it brings back the same files, as often as it is done") {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const RandomTrees random(seed), whole(seed);
    whole.at.publish_all();
    const auto manifest = read_file_if_exists(whole.at.aside / "changes.json");
    if (!manifest) continue;  // nothing differed
    const auto& at = random.at;
    const auto old = tree(at.live, true);
    const auto all = at.plan();
    for (std::size_t count = 0; count <= all.changes.size(); ++count) {
      CAPTURE(count);
      publish(first_of(all, count), at.live, at.source, at.aside);
      // What is about to be changed is written down before the first change.
      make_directories(at.aside);
      write(at.aside / "changes.json", *manifest);
      unpublish(at.live, at.aside);
      REQUIRE(tree(at.live, true) == old);
      REQUIRE_FALSE(fs::exists(at.aside));
      // A death at the very end of undoing.
      make_directories(at.aside);
      write(at.aside / "changes.json", *manifest);
      unpublish(at.live, at.aside);
      REQUIRE(tree(at.live, true) == old);
    }
  }
}

TEST_CASE("publishing goes on after a death at any change, with a plan made anew, and can still be undone") {
  for (unsigned seed = 100; seed <= 120; ++seed) {
    CAPTURE(seed);
    const RandomTrees whole(seed);
    whole.at.publish_all();
    const auto wanted = tree(whole.at.live);
    RandomTrees cut(seed);
    const auto& at = cut.at;
    if (!at.rules.written.empty()) continue;  // what a container removed is not told from what was cut
    const auto old = tree(at.live, true);
    const auto all = at.plan();
    publish(first_of(all, cut.draw(static_cast<unsigned>(all.changes.size()) + 1)), at.live, at.source,
            at.aside);
    for (int twice = 0; twice < 2; ++twice) at.publish_all();
    REQUIRE(tree(at.live) == wanted);
    unpublish(at.live, at.aside);
    REQUIRE(tree(at.live, true) == old);
  }
}

TEST_CASE("the same publication done twice is done once") {
  for (unsigned seed = 200; seed <= 215; ++seed) {
    CAPTURE(seed);
    const RandomTrees random(seed);
    const auto& at = random.at;
    const auto old = tree(at.live, true);
    const auto all = at.plan();
    publish(all, at.live, at.source, at.aside);
    const auto once = tree(at.live);
    publish(all, at.live, at.source, at.aside);
    REQUIRE(tree(at.live) == once);
    unpublish(at.live, at.aside);
    REQUIRE(tree(at.live, true) == old);
  }
}

TEST_CASE("what neither release brought is never touched, and what is kept stays as it is") {
  for (unsigned seed = 300; seed <= 320; ++seed) {
    CAPTURE(seed);
    const RandomTrees random(seed);
    const auto& at = random.at;
    const auto old = tree(at.live, true);
    const auto publication = at.plan();
    publish(publication, at.live, at.source, at.aside);
    const auto now = tree(at.live, true);
    const auto in = [](const fs::path& root, const std::string& path) {
      std::error_code not_there;
      return !root.empty() && fs::exists(fs::symlink_status(root / path, not_there));
    };
    for (const auto& [path, shown_before] : old) {
      CAPTURE(path);
      const bool is_kept =
          std::ranges::find(publication.kept, path, &LiveKept::path) != publication.kept.end();
      if (is_kept || (!in(at.source, path) && !in(at.rules.before, path))) {
        REQUIRE(now.contains(path));
        REQUIRE(now.at(path) == shown_before);
      }
    }
  }
}

// ── other users, other file systems
// ──────────────────────────────────────────────────────────────────────────────

TEST_CASE("a directory that the deploying user may not look into is kept") {
  if (::geteuid() != 0) return;
  Trees at;
  make(at.source / "pgdata/.gitkeep", "f:");
  make(at.source / "app", "f:2");
  make(at.live / "pgdata/base", "f:1");
  fs::permissions(at.live / "pgdata", fs::perms::owner_all);
  REQUIRE(::chown((at.live / "pgdata").c_str(), 999, 999) == 0);
  fs::permissions(at.scratch.path(), static_cast<fs::perms>(0755));
  REQUIRE(::seteuid(65534) == 0);
  const auto planned = shown(at.plan());
  REQUIRE(::seteuid(0) == 0);
  CHECK(planned == Lines{"+app", "=pgdata"});
}

TEST_CASE("files are brought back as they were from another file system") {
  const TemporaryDirectory other("/dev/shm", "belay-test");
  Trees at;
  const auto aside = other.path() / "replaced";
  for (const char* name : {"file", "dir/gone", "same"}) make(at.live / name, "f:1");
  for (const char* name : {"file", "new", "same"}) make(at.source / name, "f:2");
  make(at.before / "dir/gone", "f:1");
  make(at.before / "link", "l:file");
  make(at.live / "link", "l:file");
  make(at.source / "link", "f:2");
  at.rules.remove_extraneous = true;
  fs::permissions(at.live / "file", fs::perms(0640));
  if (::geteuid() == 0) REQUIRE(::chown((at.live / "file").c_str(), 999, 998) == 0);
  const timespec times[2] = {{1'700'000'000, 5}, {1'700'000'000, 7}};
  REQUIRE(::utimensat(AT_FDCWD, (at.live / "file").c_str(), times, 0) == 0);
  struct stat was{}, is{};
  REQUIRE(::stat((at.live / "file").c_str(), &was) == 0);
  REQUIRE(::stat(other.path().c_str(), &is) == 0);
  REQUIRE(is.st_dev != was.st_dev);

  publish(at.plan(), at.live, at.source, aside);
  CHECK(content_of(at.live / "file") == "2");
  CHECK(!fs::exists(at.live / "dir/gone"));
  unpublish(at.live, aside);

  REQUIRE(::stat((at.live / "file").c_str(), &is) == 0);
  CHECK(content_of(at.live / "file") == "1");
  CHECK(is.st_mode == was.st_mode);
  CHECK(is.st_uid == was.st_uid);
  CHECK(is.st_gid == was.st_gid);
  CHECK(is.st_mtim.tv_nsec == was.st_mtim.tv_nsec);
  CHECK(content_of(at.live / "dir/gone") == "1");
  CHECK(fs::read_symlink(at.live / "link") == "file");
  CHECK(!fs::exists(at.live / "new"));
  CHECK(!fs::exists(aside));
}

TEST_CASE(
    "what the deploying user may not replace is told at once, and whose it is; what needs no change is not") {
  if (::geteuid() != 0) return;
  Trees at;
  make(at.source / "app", "f:2");
  make(at.source / "roots/changed", "f:2");
  make(at.source / "roots/new/file", "f:2");
  make(at.source / "same/file", "f:1");
  make(at.source / "secret", "f:2");
  make(at.source / "readable", "f:2");
  make(at.source / "shared/others", "f:2");
  make(at.live / "app", "f:1");
  make(at.live / "roots/changed", "f:1");
  make(at.live / "same/file", "f:1");
  make(at.live / "secret", "f:1");
  make(at.live / "readable", "f:1");
  make(at.live / "shared/others", "f:1");
  constexpr uid_t user = 65534;
  const auto hand_over = [](const fs::path& path, fs::perms mode) {
    fs::permissions(path, mode);
    REQUIRE(::chown(path.c_str(), user, user) == 0);
  };
  fs::permissions(at.scratch.path(), static_cast<fs::perms>(0755));
  hand_over(at.live, static_cast<fs::perms>(0755));
  hand_over(at.live / "app", static_cast<fs::perms>(0644));
  fs::permissions(at.live / "shared", static_cast<fs::perms>(01777));
  fs::permissions(at.live / "secret", static_cast<fs::perms>(0600));
  REQUIRE(::seteuid(user) == 0);
  std::string why;
  try {
    require_may_publish(at.plan(), at.live);
  } catch (const Error& error) {
    why = error.why();
    CHECK(error.exit_code() == ExitCode::bad_input);
  }
  REQUIRE(::seteuid(0) == 0);
  const auto line = [&](const char* path, const char* mode) {
    return (at.live / path).string() + " belongs to uid 0, mode " + mode;
  };
  CHECK(why == line("roots", "0755") + "\n" + line("secret", "0600") + "\n" + line("shared/others", "0644"));
}

TEST_CASE("in the place of a file or symlink that was the release's a directory may be published") {
  Trees at;
  for (const char* was : {"f:1", "x:1", "l:elsewhere"}) {
    CAPTURE(was);
    for (const auto& root : {at.live, at.before}) {
      remove_tree(root / "turns");
      make(root / "turns", was);
    }
    remove_tree(at.source / "turns");
    make(at.source / "turns/deep/file", "f:2");
    make(at.source / "turns/link", "l:deep");
    at.rules.remove_extraneous = true;
    require_may_publish(at.plan(), at.live);
    at.publish_all();
    CHECK(tree(at.live) == tree(at.source));
    remove_tree(at.aside);
  }
}

TEST_CASE("bringing files back needs no room on the disk") {
  if (::geteuid() != 0) return;
  for (const bool elsewhere : {false, true}) {
    CAPTURE(elsewhere);
    const TemporaryDirectory other("/dev/shm", "belay-test");
    Trees at;
    REQUIRE(::mount("none", at.live.c_str(), "tmpfs", 0, "size=1m,mode=755") == 0);
    const auto aside = elsewhere ? other.path() / "replaced" : at.live / "state/replaced";
    make_directories(at.live / "state");
    write_file_atomically(at.live / "p", std::string(300'000, 'a'), 0644);
    write_file_atomically(at.source / "p", std::string(300'000, 'b'), 0644);
    publish(at.plan(), at.live, at.source, aside);
    {
      const std::string chunk(4096, 'x');
      std::ofstream full(at.live / "full");
      while (full.write(chunk.data(), static_cast<std::streamsize>(chunk.size())).flush()) {
      }
    }
    unpublish(at.live, aside);
    const auto back = content_of(at.live / "p");
    ::umount2(at.live.c_str(), MNT_DETACH);
    CHECK(back == std::string(300'000, 'a'));
  }
}

TEST_CASE(
    "what was published is known by its time; what was written since is not, though it is of one size") {
  Trees at;
  at.rules.before = at.source;
  write(at.source / "app.ts", "one");
  at.publish_all();
  struct stat live{}, source{};
  REQUIRE(::stat((at.live / "app.ts").c_str(), &live) == 0);
  REQUIRE(::stat((at.source / "app.ts").c_str(), &source) == 0);
  CHECK(live.st_mtim.tv_nsec == source.st_mtim.tv_nsec);
  CHECK(live.st_ino != source.st_ino);
  CHECK(shown(at.plan()).empty());
  std::ofstream(at.live / "app.ts", std::ios::binary) << "two";
  CHECK(shown(at.plan()) == Lines{"~app.ts"});
}

TEST_CASE("a plan that is known is looked at again where it had something, and there it is as a new one") {
  Trees at;
  for (const char* name : {"same", "changed", "kept", "dir/new"}) make(at.source / name, "f:2");
  for (const char* name : {"same", "dir/same"}) {
    make(at.live / name, "f:2");
    make(at.source / name, "f:2");
  }
  for (const char* name : {"changed", "kept"}) make(at.live / name, "f:1");
  make(at.before / "gone", "f:1");
  make(at.live / "gone", "f:1");
  at.rules.remove_extraneous = true;
  at.rules.written = {"kept"};
  const auto known = at.plan();
  CHECK(shown(known) == Lines{"-gone", "~changed", "+dir/new", "=kept"});

  at.rules.known = &known;
  CHECK(shown(at.plan()) == shown(known));
  make(at.live / "kept", "f:2");  // its container wrote to it once more
  fs::remove(at.live / "gone");
  CHECK(shown(at.plan()) == Lines{"~changed", "+dir/new"});
  fs::remove_all(at.live / "dir");  // with what was the same
  CHECK(shown(at.plan()) == Lines{"~changed", "+dir", "+dir/new", "+dir/same"});
}

TEST_CASE("into a live directory that is not there all of the release goes") {
  const Scratch scratch;
  make(scratch / "source/a", "f:1");
  make(scratch / "source/sub", "d:1");
  const auto planned = plan_publication({.live = scratch / "live", .source = scratch / "source"});
  Lines paths;
  for (const auto& change : planned.changes) paths.push_back(change.path);
  CHECK(paths == Lines{"a", "sub", "sub/in"});
}
