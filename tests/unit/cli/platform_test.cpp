#include "cli/platform.hpp"

#include <map>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "cli/github.hpp"
#include "cli/gitlab.hpp"

using namespace belay;
using namespace belay::cli;

namespace {

using Variables = std::map<std::string, std::string>;

VariableLookup lookup(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

struct Files {
  TemporaryDirectory directory{"belay-test"};
  std::string output = directory.path() / "output", summary = directory.path() / "summary",
              dotenv = directory.path() / "dotenv";
  Github github() const {
    return Github(lookup({{"GITHUB_OUTPUT", output},
                          {"GITHUB_STEP_SUMMARY", summary},
                          {"GITHUB_WORKSPACE", directory.path()}}),
                  "77");
  }
};

}  // namespace

TEST_CASE("the variables that platforms set say which it is; BELAY_CI says it before them") {
  struct Row {
    Variables variables;
    bool on, github;
  };
  const std::vector<Row> rows = {
      {{}, false, false},
      {{{"CI", "true"}}, false, false},
      {{{"GITHUB_ACTIONS", "true"}}, true, true},
      {{{"GITHUB_ACTIONS", "true"}, {"GITEA_ACTIONS", "true"}}, true, true},
      {{{"GITLAB_CI", "true"}}, true, false},
      {{{"GITHUB_ACTIONS", "true"}, {"BELAY_CI", "none"}}, false, false},
      {{{"GITHUB_ACTIONS", "true"}, {"BELAY_CI", ""}}, true, true},
      {{{"BELAY_CI", "github"}}, true, true},
      {{{"BELAY_CI", "gitlab"}, {"GITHUB_ACTIONS", "true"}}, true, false},
  };
  for (const Row& row : rows) {
    const auto platform = platform_of(lookup(row.variables));
    CHECK(on_a_platform(lookup(row.variables)) == row.on);
    CHECK((platform != nullptr) == row.on);
    CHECK((dynamic_cast<Github*>(platform.get()) != nullptr) == row.github);
  }
  CHECK_THROWS_AS(platform_of(lookup({{"BELAY_CI", "jenkins"}})), Error);
}

TEST_CASE("GitHub: text that a runner would obey stands between stop-commands; other text stays as it is") {
  const Github github(lookup({}), "77");
  const std::string stop = "::stop-commands::belay-77\n", go = "::belay-77::\n";
  struct Row {
    std::string text, printed;
  };
  const std::vector<Row> rows = {
      {"", ""},
      {"std::vector<int> ::x\n", "std::vector<int> ::x\n"},
      {"error: ::x::\n", "error: ::x::\n"},
      {"#[derive(Debug)]\n", "#[derive(Debug)]\n"},
      {"::error::x\n", stop + "::error::x\n" + go},
      {"  ::error::x\n", stop + "  ::error::x\n" + go},
      {"\u00a0::error::x\n", stop + "\u00a0::error::x\n" + go},
      {"  │ ::add-mask::x\n", stop + "  │ ::add-mask::x\n" + go},
      {"a\n::b::\nc\n", "a\n" + stop + "::b::\n" + go + "c\n"},
      {"a\r::b::\n", "a\r" + stop + "::b::\n" + go},
      {"a ##[set-output name=x]y\n", stop + "a ##[set-output name=x]y\n" + go},
      {"::end of the text", stop + "::end of the text\n" + go},
  };
  for (const Row& row : rows) CHECK(github.as_text(row.text) == row.printed);
}

TEST_CASE("GitHub: an annotation names the file as the repository does, and its text cannot end it") {
  const Files files;
  const Github github = files.github();
  const auto file = files.directory.path() / "app/belay.yml";
  CHECK(
      github.annotated({.title = "a: b, 100%", .message = "one\r\ntwo: 5%, x", .file = file, .at = {3, 7}}) ==
      "::error file=app/belay.yml,line=3,col=7,title=a%3A b%2C 100%25::one%0D%0Atwo: 5%25, x\n");
  CHECK(github.annotated({.message = "x", .file = file}) == "::error file=app/belay.yml::x\n");
  CHECK(github.annotated({.message = "x", .file = "/elsewhere/belay.yml", .at = {3, 7}}) == "::error::x\n");
  CHECK(github.annotated({.level = Annotation::Level::warning, .title = "belay", .message = "x"}) ==
        "::warning title=belay::x\n");
}

TEST_CASE("GitHub: each line of a value is hidden, but neither the frame of a key nor what is too short") {
  const Github github(lookup({}), "77");
  CHECK(
      github.hides({"pass%word", "abc", "-----BEGIN KEY-----\nline one\r\nline two\n-----END KEY-----\n"}) ==
      "::add-mask::pass%25word\n::add-mask::line one\n::add-mask::line two\n");
}

TEST_CASE("GitHub: the result of several environments is the worst, and a value may have several lines") {
  const Files files;
  Github github = files.github();
  github.hide(Masks(Values{{"PASSWORD", "hunter22"}}));
  github.ended({"staging", "deployed", "r1", "https://a/", "run1"}, "# one, hunter22\n\n");
  github.ended({"production", "rolled-back", "r0", "", "run2"}, "# two\n\n");
  CHECK(github.finish().empty());
  CHECK(read_file(files.output) ==
        "environment<<belay-77\nstaging\nproduction\nbelay-77\noutcome<<belay-77\nrolled-back\nbelay-77\n"
        "release<<belay-77\nr1\nr0\nbelay-77\nurl<<belay-77\nhttps://a/\nbelay-77\n"
        "run<<belay-77\nrun1\nrun2\nbelay-77\n");
  CHECK(read_file(files.summary) == "# one, ***\n\n# two\n\n");
}

TEST_CASE("GitHub: a summary beyond the platform's limit keeps its first paragraph") {
  const Files files;
  Github github = files.github();
  const std::string long_one = "### one\n\n" + std::string(700'000, 'x') + "\n\n";
  for (int i = 0; i < 3; ++i) github.ended({"production", "deployed"}, long_one);
  const auto text = read_file(files.summary);
  CHECK(text == long_one + "### one\n\n### one\n\n");
}

TEST_CASE("a result that cannot be written is said") {
  Github github(lookup({{"GITHUB_OUTPUT", "/nowhere/output"}}), "77");
  CHECK(github.finish().empty());
  github.ended({"production", "deployed"}, "");
  CHECK(github.finish() == "cannot write /nowhere/output: No such file or directory");
}

TEST_CASE("GitLab: a section has a name of its own, and the result is a dotenv report of single lines") {
  const Files files;
  Gitlab gitlab(lookup({{"BELAY_DOTENV", files.dotenv}}));
  const Time at{std::chrono::seconds(1'700'000'000)};
  CHECK(gitlab.fold_begins("build here", at) ==
        "\x1b[0Ksection_start:1700000000:belay_1_build_here\r\x1b[0Kbuild here\n");
  CHECK(gitlab.fold_ends(at) == "\x1b[0Ksection_end:1700000000:belay_1_build_here\r\x1b[0K\n");
  CHECK(gitlab.fold_begins("build here", at).contains(":belay_2_build_here\r"));
  gitlab.ended({"staging", "deployed", "r1", "https://a/", "run1"}, "");
  gitlab.ended({"production", "skipped"}, "");
  CHECK(gitlab.finish().empty());
  CHECK(read_file(files.dotenv) ==
        "BELAY_ENVIRONMENT=staging production\nBELAY_OUTCOME=deployed\nBELAY_RELEASE=r1\n"
        "BELAY_URL=https://a/\nBELAY_RUN=run1\n");
}

TEST_CASE("of several outcomes the worst counts, in whatever order they come") {
  const std::vector<std::string> order = {"skipped", "unchanged",   "deployed",
                                          "frozen",  "rolled-back", "failed"};
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::size_t j = 0; j < order.size(); ++j)
      CHECK(taken_together({{"a", order[i]}, {"b", order[j]}}).outcome == order[std::max(i, j)]);
}
