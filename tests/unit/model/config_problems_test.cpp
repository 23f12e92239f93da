#include <filesystem>

#include <doctest/doctest.h>

#include "../golden.hpp"
#include "samples.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

/// What is said about data/problems/NAME.yml is data/problems/NAME.txt, to the letter.
void check_problems(const std::string& name) {
  check_golden("problems/" + name + ".txt", problems(data_file("problems/" + name + ".yml")));
}

}  // namespace

TEST_CASE("unknown keys come with the nearest valid key and all that are allowed") {
  check_problems("unknown-keys");
}
TEST_CASE("wrong types say what was found and show what is right") {
  check_problems("wrong-types");
}
TEST_CASE("impossible values say what is allowed") {
  check_problems("impossible-values");
}
TEST_CASE("missing and empty keys are named with an example") {
  check_problems("missing-keys");
}
TEST_CASE("a mapping that is broken as YAML is one problem, at its place") {
  check_problems("not-yaml");
}
TEST_CASE("mistakes of YAML and of content come together, in the file's order") {
  check_problems("mixed");
}
TEST_CASE("keys on the wrong level are told where they belong") {
  check_problems("wrong-level");
}

TEST_CASE("on.push says what is wrong with a pattern, and which lists do not go together") {
  check_problems("on-push");
}

TEST_CASE("every problem file has its expected output, and every valid one has none") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(TEST_DATA) + "/problems")) {
    if (entry.path().extension() != ".yml") continue;
    ++files;
    CAPTURE(entry.path().string());
    CHECK_FALSE(problems(data_file("problems/" + entry.path().filename().string())).empty());
  }
  CHECK(files == 8);
}

TEST_CASE("a file that is no mapping, or empty, says so") {
  CHECK(problems("- a\n") ==
        "belay.yml:1:1: the file must be a mapping of keys, but is a list\n  - a\n  ^\n");
  CHECK(problems("") == "belay.yml: the file is empty\n");
}

TEST_CASE("a mistake at the top level that every environment overrides is still reported") {
  CHECK(
      problems(minimal("keep: 3", "keep: many\n")).contains("belay.yml:2:7: 'keep' must be a whole number"));
  CHECK(problems(minimal("health: off", "health: { uri: x }\n")).contains("unknown key 'uri'"));
}

TEST_CASE("a mistake at the top level is reported once for all environments") {
  const std::string found = problems(
      "app: a\nservices: [w]\nkeep: 0\nenvironments:\n  x: { host: local, path: /x }\n  y: { host: local, "
      "path: /y }\n");
  CHECK(found == "belay.yml:3:7: 'keep' must be from 1 to 100, not 0\n  keep: 0\n        ^\n");
}

TEST_CASE("a required key may come from the top level or the environment, but must come") {
  const auto file = [](const std::string& top, const std::string& own) {
    return problems("app: a\nhealth: { attempts: 3" + top +
                    " }\nenvironments: { x: { host: local, path: /x, health: { interval: 1s" + own +
                    " } } }\n");
  };
  CHECK(file(", url: \"http://a/\"", "").empty());
  CHECK(file("", ", url: \"http://a/\"").empty());
  CHECK(file("", "").contains("'url' is missing"));
}
