#include "model/push_trigger.hpp"

#include <doctest/doctest.h>

using namespace belay;

namespace {

using Answer = PushDecision::Answer;

const std::string one(40, '1'), two(40, '2'), none(40, '0');

Push push_of(const std::string& ref, const std::string& after = two) {
  const auto push = read_push_of(ref, one, after);
  REQUIRE(push);
  return *push;
}

}  // namespace

TEST_CASE("branches and tags decide by name") {
  struct Row {
    PushTrigger trigger;
    std::string ref;
    Answer answer;
    std::string reason;
  };
  const std::string main = "refs/heads/main", tag = "refs/tags/v1";
  const std::vector<Row> rows = {
      {{.branches = {"main"}, .paths = {}}, main, Answer::yes, "on.push takes the branch main"},
      {{.branches = {"main"}, .paths = {}}, "main", Answer::yes, "on.push takes the branch main"},
      {{.branches = {"dev"}, .paths = {}}, main, Answer::no, "the branch main is not among on.push.branches"},
      {{.branches = {"**", "!main"}, .paths = {}},
       main,
       Answer::no,
       "the branch main is not among on.push.branches"},
      {{.branches = {"main"}, .paths = {}}, tag, Answer::no, "on.push names no tags"},
      {{.branches = {}, .paths = {}, .tags = {"v*"}}, tag, Answer::yes, "on.push takes the tag v1"},
      {{.branches = {}, .paths = {}, .tags = {"v*"}}, main, Answer::no, "on.push names no branches"},
      {{.branches = {"main"}, .paths = {}, .tags = {"x*"}},
       tag,
       Answer::no,
       "the tag v1 is not among on.push.tags"},
      {{.branches = {}, .paths = {}, .ignored_branches = {"m*"}},
       main,
       Answer::no,
       "the branch main is among on.push.branches-ignore"},
      {{.branches = {}, .paths = {}, .ignored_branches = {"x"}},
       main,
       Answer::yes,
       "on.push takes the branch main"},
      {{.branches = {}, .paths = {}, .ignored_branches = {"x"}}, tag, Answer::no, "on.push names no tags"},
      {{.branches = {}, .paths = {}, .ignored_tags = {"*-rc"}}, tag, Answer::yes, "on.push takes the tag v1"},
      {{.branches = {}, .paths = {}, .ignored_tags = {"v*"}},
       tag,
       Answer::no,
       "the tag v1 is among on.push.tags-ignore"},
      {{.branches = {"main"}, .paths = {"a"}},
       main,
       Answer::ask_for_changes,
       "on.push takes the branch main"},
      {{.branches = {"main"}, .paths = {}, .ignored_paths = {"a"}},
       main,
       Answer::ask_for_changes,
       "on.push takes the branch main"},
      {{.branches = {}, .paths = {"a"}, .tags = {"v*"}}, tag, Answer::yes, "on.push takes the tag v1"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.ref);
    CAPTURE(row.reason);
    const auto decision = decide(row.trigger, push_of(row.ref));
    CHECK(decision.answer == row.answer);
    CHECK(decision.reason == row.reason);
  }
}

TEST_CASE("no trigger, or a deleted branch: nothing is deployed") {
  CHECK(decide(std::nullopt, push_of("main")).answer == Answer::no);
  const auto deleted = decide(PushTrigger{.branches = {"main"}, .paths = {}}, push_of("main", none));
  CHECK(deleted.answer == Answer::no);
  CHECK(deleted.reason == "the branch main was deleted");
}

TEST_CASE("paths: one file that counts is enough") {
  const Push push = push_of("main");
  const PushTrigger counted{.branches = {"main"}, .paths = {"app/**", "!app/docs/**"}};
  const PushTrigger ignored{.branches = {"main"}, .paths = {}, .ignored_paths = {"**.md"}};
  CHECK(decide_by_changes(counted, push, {"README.md", "app/main.c"}, "abc").answer == Answer::yes);
  CHECK(decide_by_changes(counted, push, {"README.md", "app/docs/a"}, "abc").answer == Answer::no);
  CHECK(decide_by_changes(counted, push, {}, "abc").answer == Answer::no);
  CHECK(decide_by_changes(ignored, push, {"README.md", "app/a.md"}, "abc").answer == Answer::no);
  CHECK(decide_by_changes(ignored, push, {"README.md", "app/a.c"}, "abc").answer == Answer::yes);
  CHECK(decide_by_changes(ignored, push, {}, "abc").answer == Answer::no);
  CHECK(decide_by_changes(counted, push, {"app/main.c"}, "abc").reason ==
        "on.push takes the branch main, and app/main.c differs from abc, which serves");
}

TEST_CASE("a push is read from what git says, and refused if it is none") {
  CHECK(push_of("refs/tags/a/b").name == "a/b");
  CHECK(push_of("refs/heads/feature/x").name == "feature/x");
  CHECK(read_push_of("main", none, two)->creates());
  CHECK(read_push_of("main", "", two));
  for (const auto& [ref, before, after] :
       {std::tuple{std::string("refs/notes/x"), one, two}, std::tuple{std::string(""), one, two},
        std::tuple{std::string("refs/heads/"), one, two},
        std::tuple{std::string("main"), one, std::string("HEAD")},
        std::tuple{std::string("main"), std::string("x"), two},
        std::tuple{std::string("main"), one, std::string()}}) {
    CAPTURE(ref);
    CHECK_FALSE(read_push_of(ref, before, after));
  }
}
