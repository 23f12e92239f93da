#include "model/env_file.hpp"

#include <doctest/doctest.h>

#include "samples.hpp"

using namespace belay;
using namespace belay::testing;

TEST_CASE("a value is written as it stands, or in quotes from which compose reads exactly that value") {
  struct Case {
    const char *value, *line;
  };
  for (const Case& c :
       {Case{"plain-1.2_x", "A=plain-1.2_x"}, Case{"", "A="},
        Case{"postgres://u:p@db:5432/x", "A=postgres://u:p@db:5432/x"}, Case{"two words", "A='two words'"},
        Case{"a#b", "A='a#b'"}, Case{"pa$word", "A='pa$word'"}, Case{"say \"hi\"", "A='say \"hi\"'"},
        Case{"it's $5", "A=\"it's \\$5\""}, Case{"back\\slash", "A=\"back\\\\slash\""},
        Case{"-----BEGIN\nline\n", "A=\"-----BEGIN\\nline\\n\""}, Case{"é", "A='é'"}}) {
    CAPTURE(c.value);
    CHECK(env_line("A", c.value) == c.line);
  }
}

TEST_CASE(
    "other lines of the file stay, its own are replaced in their place, and those of the release before go") {
  struct Case {
    const char* what;
    EnvFile file;
    const char *now, *then;
  };
  const std::vector<std::string> before{"GONE", "A"};
  for (const Case& c : {
           Case{"an absent file",
                {.path = ".env", .lines = {"A=1", "B=two words"}},
                "",
                "A=1\nB='two words'\n"},
           Case{"among others",
                {.path = ".env", .lines = {"A=1", "B=2"}},
                "# by hand\nOTHER=x\nA=old\n\nGONE=y\nLAST=z",
                "# by hand\nOTHER=x\nA=1\n\nLAST=z\nB=2\n"},
           Case{"twice", {.path = ".env", .lines = {"A=1"}}, "A=x\nB=y\nA=z\n", "A=1\nB=y\n"},
           Case{"exported, with blanks", {.path = ".env", .lines = {"A=1"}}, "  export A = x\n", "A=1\n"},
           Case{"a value of several lines",
                {.path = ".env", .lines = {"A=1"}},
                "A=\"first\nB=inside\nlast\"\nC='x\nA=inside\n'\n",
                "A=1\nC='x\nA=inside\n'\n"},
           Case{"quotes that never end", {.path = ".env", .lines = {"A=1"}}, "A='x\nB=y\n", "A=1\nB=y\n"},
           Case{"a name that begins alike", {.path = ".env", .lines = {"A=1"}}, "AB=x\n", "AB=x\nA=1\n"},
           Case{
               "with carriage returns", {.path = ".env", .lines = {"A=1"}}, "A=x\r\nB=y\r\n", "A=1\nB=y\r\n"},
           Case{"owned", {.path = ".env", .lines = {"A=1"}, .owned = true}, "OTHER=x\n", "A=1\n"},
           Case{"whole", {.path = ".env", .whole = "X=1\n# end"}, "OTHER=x\n", "X=1\n# end\n"},
       }) {
    CAPTURE(c.what);
    const auto text = text_of(c.file, c.now, before);
    CHECK(text == c.then);
    CHECK(text_of(c.file, text, before) == text);  // again
  }
}

TEST_CASE(
    "belay.yml names the lines of a file, or the one variable that holds it; values stay out of a plan") {
  const VariableLookup set = [](const std::string& name) -> std::optional<std::string> {
    if (name == "DATABASE_URL") return "postgres://secret";
    if (name == "ENV_FILE") return "A=whole-secret";
    return std::nullopt;
  };
  const auto environment =
      parsed(minimal("env_file: { .env: [DATABASE_URL, LEVEL=info, 'URL=x?${DATABASE_URL}'], "
                     "deploy/./.env.worker: { secret: ENV_FILE } }"),
             set)
          .environments.at(0);
  REQUIRE(environment.env_file.size() == 2);
  const auto& first = environment.env_file[0];
  CHECK(first.lines ==
        std::vector<std::string>{"DATABASE_URL=${DATABASE_URL}", "LEVEL=info", "URL=x?${DATABASE_URL}"});
  CHECK(first.filled(environment.variables).lines[0] == "DATABASE_URL=postgres://secret");
  CHECK(first.shown() == ".env: DATABASE_URL, LEVEL, URL");
  CHECK(environment.env_file[1].path == "deploy/.env.worker");
  CHECK(environment.env_file[1].filled(environment.variables).whole == "A=whole-secret");
  CHECK(environment.env_file[1].missing({}) == std::vector<std::string>{"ENV_FILE"});
}

TEST_CASE("all mistakes of env_file are told at once, where they stand") {
  const auto told =
      problems(minimal("env_file:\n      .env: [UNSET_ONE, '1X=y']\n      ../out: [A]\n"
                       "      both: { lines: [L=1], secret: UNSET_TWO }\n      none: { owned: true }\n"
                       "      twice: [A=1, A=2]\n      text: x"),
               [](const std::string&) { return std::nullopt; });
  CAPTURE(told);
  for (const char* part : {"UNSET_ONE", "UNSET_TWO", "names no variable", "must not contain '..'",
                           "of both needs 'lines' or 'secret'", "of none needs", "'lines' has A twice",
                           "of text must be a mapping"})
    CHECK(told.contains(part));
}
