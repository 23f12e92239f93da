#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "control/kept_tree.hpp"
#include "repository.hpp"
#include "with_umask.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

/// How a machine, a repository or a commit may tell git to change what it checks out.
struct Row {
  std::string name;
  Settings settings{};
  std::string committed_attributes{}, own_attributes{};  // .gitattributes; .git/info/attributes
  mode_t mask = 022;
};

const std::vector<Row> rows{
    {"nothing"},
    {"umask 077", {}, {}, {}, 077},
    {"umask 0", {}, {}, {}, 0},
    {"core.autocrlf true", {{"core.autocrlf", "true"}}},
    {"core.autocrlf input", {{"core.autocrlf", "input"}}},
    {"core.eol crlf", {{"core.eol", "crlf"}}, "* text=auto\n"},
    {"text eol=crlf", {}, "* text eol=crlf\n"},
    {"text eol=crlf here alone", {}, {}, "* text eol=crlf\n"},
    {"smudge filter",
     {{"filter.up.smudge", "tr a-z A-Z"}, {"filter.up.clean", "tr A-Z a-z"}},
     "* filter=up\n"},
    {"required filter that fails",
     {{"filter.up.smudge", "false"}, {"filter.up.clean", "cat"}, {"filter.up.required", "true"}},
     "* filter=up\n"},
    {"filter process that is not there", {{"filter.up.process", "no-such-program"}}, "* filter=up\n"},
    {"core.symlinks false", {{"core.symlinks", "false"}}},
    {"core.fileMode false", {{"core.fileMode", "false"}}},
    {"core.ignoreCase true", {{"core.ignoreCase", "true"}}},
    {"core.quotePath", {{"core.quotePath", "true"}}},
    {"core.precomposeUnicode", {{"core.precomposeUnicode", "true"}}},
    {"core.protectNTFS", {{"core.protectNTFS", "true"}}},
    {"core.sparseCheckout", {{"core.sparseCheckout", "true"}}},
    {"export-ignore", {}, "* export-ignore\n"},
    {"export-subst", {}, "* export-subst\n"},
    {"ident", {}, "* ident\n"},
    {"working-tree-encoding", {}, "* text working-tree-encoding=UTF-16\n"},
    {"all of them",
     {{"core.autocrlf", "true"}, {"core.symlinks", "false"}, {"filter.up.smudge", "tr a-z A-Z"}},
     "* text eol=crlf ident export-subst export-ignore filter=up working-tree-encoding=UTF-16\n"},
};

/// Names and contents that something on the way may stumble over.
const std::vector<std::pair<std::string, std::string>> odd_files{
    {"unix.txt", "one\ntwo\n"},
    {"windows.txt", "one\r\ntwo\r\n"},
    {"mixed.txt", "one\r\ntwo\nthree\r"},
    {"keywords.txt", "$Id$ $Id: 0 $ $Format:%H$\n"},
    {"utf16.txt", std::string("\xff\xfeo\0n\0e\0\n\0", 10)},
    {"nul.bin", std::string("\0\r\n\0\xff", 5)},
    {"no-newline", "end"},
    {"empty", ""},
    {"kept/.gitkeep", ""},
    {"a\nb", "newline\n"},
    {"a\rb\tc", "control characters\n"},
    {"-rf", "a dash\n"},
    {"--delete", "two dashes\n"},
    {" leading and trailing ", "spaces\n"},
    {"dot.", "a dot at the end\n"},
    {"..dots", "dots\n"},
    {"äöü 漢字 \"q\" \\n 'x'", "letters\n"},
    {"a\xcc\x88", "decomposed\n"},
    {"bytes\xff", "no UTF-8\n"},
    {"Case", "upper\n"},
    {"case", "lower\n"},
    {"$(touch x);&*?[a]", "shell\n"},
    {"\\#012", "as rsync writes a newline\n"},
    {":(top)", "as git writes a pathspec\n"},
    {"deep/er/st/file", "deep\n"},
    {"large", std::string(300'000, 'x') + "\n"},
};

void commit_odd_entries(const AppRepository& app) {
  for (const auto& [name, content] : odd_files) app.write(name, content);
  app.write("run.sh", "#!/bin/sh\n");
  app.write("empty-program", "");
  for (const char* const program : {"run.sh", "empty-program"})
    fs::permissions(app.path() / program, fs::perms(0755));
  fs::create_symlink("unix.txt", app.path() / "link");
  fs::create_symlink("nowhere/at all", app.path() / "dangling");
  fs::create_symlink("/etc/passwd", app.path() / "outside");
  fs::create_directory_symlink("deep", app.path() / "to-directory");
  app.git({"-c", "core.autocrlf=false", "add", "--all"});
  app.git({"commit", "--quiet", "--message", "odd"});
}

/// From here on every git command that writes a working tree would change something.
void apply(const Row& row, const AppRepository& app) {
  if (!row.committed_attributes.empty()) {
    app.write(".gitattributes", row.committed_attributes);
    const std::string id = app.git({"hash-object", "-w", "--no-filters", ".gitattributes"}).substr(0, 40);
    app.git({"update-index", "--add", "--cacheinfo", "100644," + id + ",.gitattributes"});
    app.git({"commit", "--quiet", "--message", "attributes"});
  }
  if (!row.own_attributes.empty()) app.write(".git/info/attributes", row.own_attributes);
  for (const auto& [key, value] : row.settings) app.git({"config", key, value});
}

/// "mode content", by path: asked of git alone.
std::map<std::string, std::string> as_committed(const AppRepository& app) {
  std::map<std::string, std::string> all;
  const std::string listing = app.git({"ls-tree", "-r", "-z", "HEAD"});
  for (std::size_t at = 0; at < listing.size();) {
    const std::size_t end = listing.find('\0', at), tab = listing.find('\t', at);
    const std::string mode = listing.substr(at, 6), id = listing.substr(at + 12, 40);
    all[listing.substr(tab + 1, end - tab - 1)] = mode + " " + app.git({"cat-file", "blob", id});
    at = end + 1;
  }
  return all;
}

std::map<std::string, std::string> as_shipped(const fs::path& tree) {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    struct stat status{};
    REQUIRE(::lstat(entry.path().c_str(), &status) == 0);
    std::string& shown = all[entry.path().string().substr(tree.string().size() + 1)];
    const mode_t mode = status.st_mode & 07777;
    if (S_ISLNK(status.st_mode))
      shown = "120000 " + fs::read_symlink(entry.path()).string();
    else if (S_ISDIR(status.st_mode))
      shown = mode == 0755 ? "directory" : "directory with a mode of its own";
    else
      shown = (mode == 0644 ? "100644 " : mode == 0755 ? "100755 " : "mode? ") + read_file(entry.path());
  }
  std::erase_if(all, [](const auto& entry) { return entry.second == "directory"; });
  return all;
}

std::string line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

TEST_CASE("the bytes of the blobs and git's own mode arrive, whatever git is told to do at a checkout") {
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const AppRepository app;
    commit_odd_entries(app);
    apply(row, app);
    const auto committed = as_committed(app);
    REQUIRE(committed.size() > odd_files.size() + 5);
    const Scratch space;
    const WithUmask umask(row.mask);
    KeptTree tree = KeptTree::take(space.path(), "odd");
    tree.bring_to({.repository = app.path(),
                   .commit = line(app.git({"rev-parse", "HEAD"})),
                   .tree = line(app.git({"rev-parse", "HEAD^{tree}"})),
                   .inside = "."},
                  {}, Deadline::in(std::chrono::minutes(1)));
    const auto shipped = as_shipped(tree.directory());
    for (const auto& [path, content] : committed) {
      CAPTURE(path);
      REQUIRE(shipped.contains(path));
      CHECK(shipped.at(path) == content);
    }
    CHECK(shipped.size() == committed.size());
  }
}

TEST_CASE("a content that `git replace` hides on this machine is shipped as the commit names it") {
  const AppRepository app;
  const std::string id = line(app.git({"rev-parse", "HEAD:README"}));
  app.write("other", "another shop\n");
  app.git({"replace", id, line(app.git({"hash-object", "-w", "other"}))});
  REQUIRE(app.git({"cat-file", "blob", "HEAD:README"}) == "another shop\n");
  const Scratch space;
  KeptTree tree = KeptTree::take(space.path(), "replaced");
  tree.bring_to({.repository = app.path(),
                 .commit = line(app.git({"rev-parse", "HEAD"})),
                 .tree = line(app.git({"rev-parse", "HEAD^{tree}"})),
                 .inside = "."},
                {}, Deadline::in(std::chrono::minutes(1)));
  CHECK(read_file(tree.directory() / "README") == "the shop\n");
}
