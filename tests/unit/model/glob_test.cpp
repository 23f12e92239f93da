#include "model/glob.hpp"

#include <doctest/doctest.h>

using namespace belay;

namespace {

struct Row {
  std::vector<std::string> patterns;
  std::vector<std::string> match, differ;
};

}  // namespace

// The examples of GitHub's page "Workflow syntax", section "Filter pattern cheat sheet". `differ` has what
// the page says does not match, and names at the edge of what it says.
TEST_CASE("patterns mean what GitHub documents") {
  const std::vector<Row> rows = {
      {{"feature/*"},
       {"feature/my-branch", "feature/your-branch"},
       {"feature/a/b", "feature", "my-feature/a"}},
      {{"feature/**"},
       {"feature/beta-a/my-branch", "feature/your-branch", "feature/mona/the/octocat"},
       {"feature", "a/feature/b"}},
      {{"main"}, {"main"}, {"main2", "a/main", "mai", "Main"}},
      {{"releases/mona-the-octocat"}, {"releases/mona-the-octocat"}, {"releases/mona"}},
      {{"releases/**"}, {"releases/10", "releases/beta/2"}, {"releases"}},
      {{"*"}, {"main", "releases", "README.md", "server.rb"}, {"all/the/branches"}},
      {{"**"}, {"all/the/branches", "every/tag", "main", "all/the/files.md"}, {}},
      {{"*feature"}, {"mona-feature", "feature", "ver-10-feature"}, {"feature-1", "a/feature"}},
      {{"*v2"}, {"v2", "my-v2"}, {"v2.0", "a/v2"}},
      {{"v2*"}, {"v2", "v2.0", "v2.9"}, {"v3", "v2/a"}},
      {{"v*"}, {"v1", "v2.0", "v"}, {"a-v1"}},
      {{"v[12].[0-9]+.[0-9]+"}, {"v1.10.1", "v2.0.0"}, {"v3.0.0", "v1.0", "v1.0.", "v1.a.0", "v1x0.0"}},
      {{"*.jsx?"}, {"page.js", "page.jsx"}, {"page.jsxx", "page.j", "app/page.js"}},
      {{"*.js"}, {"app.js", "index.js"}, {"js/index.js", "app.jsx", "appjs"}},
      {{"**.js"}, {"index.js", "js/index.js", "src/js/app.js"}, {"index.jsx"}},
      {{"docs/*"}, {"docs/README.md", "docs/file.txt"}, {"docs/mona/octocat.txt", "docs"}},
      {{"docs/**"}, {"docs/README.md", "docs/mona/octocat.txt"}, {"docs", "my/docs/a"}},
      {{"docs/**/*.md"},
       {"docs/README.md", "docs/mona/hello-world.md", "docs/a/markdown/file.md"},
       {"docs/a.txt", "docsa.md", "a/docs/b.md"}},
      {{"**/docs/**"},
       {"docs/hello.md", "dir/docs/my-file.txt", "space/docs/plan/space.doc"},
       {"mydocs/hello.md", "docs", "docs2/a"}},
      {{"**/README.md"}, {"README.md", "js/README.md", "a/b/README.md"}, {"MYREADME.md", "js/MYREADME.md"}},
      {{"**/*src/**"}, {"a/src/app.js", "my-src/code/js/app.js", "src/a"}, {"srcs/a", "a/src"}},
      {{"**/*-post.md"}, {"my-post.md", "path/their-post.md"}, {"post.md", "my-post.md/a"}},
      {{"**/migrate-*.sql"},
       {"migrate-10909.sql", "db/migrate-v1.0.sql", "db/sept/migrate-v1.sql"},
       {"db/premigrate-1.sql", "migrate-a/b.sql"}},
      {{"*.md", "!README.md"}, {"hello.md"}, {"README.md", "docs/hello.md"}},
      {{"*.md", "!README.md", "README*"}, {"hello.md", "README.md", "README.doc"}, {"docs/hello.md"}},
      {{"releases/**", "!releases/**-alpha"},
       {"releases/10", "releases/beta/mona"},
       {"releases/10-alpha", "releases/beta/3-alpha"}},
      {{"!main", "**"}, {"main"}, {}},
      {{"\\*\\?a\\[b\\]\\\\"}, {"*?a[b]\\"}, {"xa[b]\\"}},
      {{"ab?c+"}, {"ac", "abc", "abccc"}, {"ab", "abbc"}},
      {{"[A-Ca0-1]x"}, {"Bx", "ax", "0x"}, {"Dx", "bx", "-x", "2x"}},
      {{"a.b"}, {"a.b"}, {"axb"}},
      {{"ä/*"}, {"ä/ö"}, {"a/ö"}},
  };
  for (const Row& row : rows) {
    for (const auto& name : row.match) {
      CAPTURE(row.patterns);
      CAPTURE(name);
      CHECK(matches_list(row.patterns, name));
    }
    for (const auto& name : row.differ) {
      CAPTURE(row.patterns);
      CAPTURE(name);
      CHECK_FALSE(matches_list(row.patterns, name));
    }
  }
}

TEST_CASE("a wrong pattern is refused, with the character where it goes wrong") {
  struct Wrong {
    const char* text;
    std::size_t at;
  };
  for (const auto& [text, at] : {Wrong{"", 1}, Wrong{"!", 2}, Wrong{"?a", 1}, Wrong{"a*?", 3},
                                 Wrong{"a?+", 3}, Wrong{"v[12", 2}, Wrong{"v[]", 2}, Wrong{"[a.b]", 3},
                                 Wrong{"[b-a]", 2}, Wrong{"[a-9]", 2}, Wrong{"ab\\", 3}, Wrong{"!+", 2}}) {
    CAPTURE(text);
    const auto pattern = Pattern::read(text);
    REQUIRE_FALSE(pattern);
    CHECK(pattern.error().at == at);
    CHECK_FALSE(pattern.error().message.empty());
    CHECK_FALSE(pattern.error().remedy.empty());
  }
}

TEST_CASE("a pattern with many stars takes no exponential time") {
  std::string stars;
  for (int i = 0; i < 200; ++i) stars += "a**";
  const auto pattern = Pattern::read(stars + "b");
  REQUIRE(pattern);
  CHECK_FALSE(pattern->matches(std::string(2000, 'a')));
}
