#include "model/secrets_file.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/base64.hpp"

using namespace belay;

namespace {

const std::string first_line = "belay-secrets 1 key 0123456789abcdef\n";

/// What every line of the file is, by place: "A of production (3): bytes".
std::string read(const std::string& text) {
  const auto file = parse_secrets_file("s.belay", text);
  std::string all;
  if (!file) {
    for (const auto& problem : file.error())
      all += fmt::format("{}:{}:{}: {}\n", problem.file, problem.at.line, problem.at.column, problem.message);
    return all;
  }
  for (const auto& [place, secret] : file->secrets)
    all += fmt::format("{} ({}): {}\n", place.shown(), secret.line, secret.bytes);
  return all;
}

struct Row {
  const char* what;
  std::string text, read;
};

const std::string wrong_beginning =
    "s.belay:1:1: this is no file of secrets: its first line is not 'belay-secrets 1 key …'\n";
const std::string cut_off = "s.belay:2:1: the value of A is cut off or was changed\n";

}  // namespace

TEST_CASE("a file of secrets is read, or every mistake in it is told with its line") {
  const std::vector<Row> rows{
      {"nothing but the first line", first_line, ""},
      {"no newline at the end", first_line + "A: b25l", "A (2): one\n"},
      {"no newline behind the first line", first_line.substr(0, first_line.size() - 1), ""},
      {"the common section and two more",
       first_line + "A: b25l\n\n[production]\nA: dHdv\n[staging]\nB: b25l\n",
       "A (2): one\nA of production (5): two\nB of staging (7): one\n"},
      {"carriage returns",
       "belay-secrets 1 key 0123456789abcdef\r\nA: b25l\r\n\r\n[production]\r\nA: dHdv\r\n",
       "A (2): one\nA of production (5): two\n"},
      {"a byte order mark", "\xEF\xBB\xBF" + first_line + "A: b25l\n", "A (2): one\n"},
      {"white space around the value", first_line + "A:   b25l  \n", "A (2): one\n"},
      {"nothing", "", wrong_beginning},
      {"an empty first line", "\n" + first_line, wrong_beginning},
      {"something else", "A: b25l\n", wrong_beginning},
      {"a first line that is cut off", "belay-secrets 1 key 0123456789abcde", wrong_beginning},
      {"a key's name in capitals", "belay-secrets 1 key 0123456789ABCDEF\n", wrong_beginning},
      {"a format of later", "belay-secrets 2 key 0123456789abcdef\nA: b25l\n",
       "s.belay:1:1: this file has a format that this belay does not know\n"},
      {"a format of much later", "belay-secrets 10 key 0123456789abcdef\n",
       "s.belay:1:1: this file has a format that this belay does not know\n"},
      {"a value without its end", first_line + "A: b25\n", cut_off},
      {"a value with another character", first_line + "A: b2!l\n", cut_off},
      {"a value in two words", first_line + "A: b25l b25l\n", cut_off},
      {"a name that has no value", first_line + "A\n",
       "s.belay:2:1: this is neither 'NAME: …' nor a section\n"},
      {"a name that is none", first_line + "1A: b25l\nA B: b25l\n: b25l\n",
       "s.belay:2:1: this is neither 'NAME: …' nor a section\n"
       "s.belay:3:1: this is neither 'NAME: …' nor a section\n"
       "s.belay:4:1: this is neither 'NAME: …' nor a section\n"},
      {"a name twice", first_line + "A: b25l\nB: b25l\nA: dHdv\n",
       "s.belay:4:1: A stands here a second time; line 2 has it too\n"},
      {"a name twice in a section that stands in two places",
       first_line + "[production]\nA: b25l\n[staging]\nA: b25l\n[production]\nA: dHdv\n",
       "s.belay:7:1: A of production stands here a second time; line 3 has it too\n"},
      {"sections that are none", first_line + "[production\n[]\n[no/name]\n",
       "s.belay:2:1: this is no section\ns.belay:3:1: this is no section\ns.belay:4:1: this is no section\n"},
      {"a merge conflict", first_line + "<<<<<<< HEAD\nA: b25l\n=======\nA: dHdv\n>>>>>>> theirs\n",
       "s.belay:2:1: this is the mark of a merge conflict\n"
       "s.belay:4:1: this is the mark of a merge conflict\n"
       "s.belay:5:1: A stands here a second time; line 3 has it too\n"
       "s.belay:6:1: this is the mark of a merge conflict\n"},
      {"a zero byte", first_line + std::string("A\0: b25l\n", 9),
       "s.belay:2:1: this is neither 'NAME: …' nor a section\n"},
  };
  for (const auto& [what, text, expected] : rows) {
    CAPTURE(what);
    CHECK(read(text) == expected);
  }
}

TEST_CASE("every mistake has a remedy, and no message shows a value") {
  const auto file = parse_secrets_file(
      "s.belay", first_line + "A: c2VjcmV0!\nc2VjcmV0: c2VjcmV0\nc2VjcmV0 b25l\n[c2VjcmV0\nA c2VjcmV0\n");
  REQUIRE_FALSE(file);
  CHECK(file.error().size() == 4);
  for (const auto& problem : file.error()) {
    CHECK_FALSE(problem.remedy.empty());
    CHECK_FALSE((problem.message + problem.remedy + problem.line_text).contains("c2VjcmV0"));
  }
}

TEST_CASE("what is written is sorted by name, one line a secret, and is read back") {
  SecretsFile file{"0123456789abcdef", {}};
  file.secrets[{"production", "B"}] = {"two", 0};
  file.secrets[{"", "Z"}] = {std::string("\0\xFF", 2), 0};
  file.secrets[{"", "A"}] = {"one", 0};
  const auto text = secrets_file_text(file);
  CHECK(text == first_line + "A: b25l\nZ: AP8=\n\n[production]\nB: dHdv\n");
  const auto back = parse_secrets_file("s.belay", text);
  REQUIRE(back);
  CHECK(back->key_id == file.key_id);
  CHECK(secrets_file_text(*back) == text);
}

TEST_CASE("a huge file is read: many names, and values of the greatest length") {
  SecretsFile file{"0123456789abcdef", {}};
  for (int i = 0; i < 20'000; ++i) file.secrets[{"", fmt::format("NAME_{:05}", i)}] = {"value", 0};
  file.secrets[{"production", "LONG"}] = {std::string(64 * 1024, 'x'), 0};
  const auto back = parse_secrets_file("s.belay", secrets_file_text(file));
  REQUIRE(back);
  CHECK(back->secrets.size() == 20'001);
  CHECK(back->secrets.at({"production", "LONG"}).bytes.size() == 64 * 1024);
  CHECK(back->secrets.at({"", "NAME_19999"}).line == 20'001);
}

TEST_CASE("a value is bound to its format, its section and its name, which cannot be taken for each other") {
  std::vector<std::string> all;
  for (const SecretPlace& place :
       {SecretPlace{"", "A"}, {"", "B"}, {"A", "B"}, {"B", "A"}, {"production", "A"}, {"staging", "A"}})
    all.push_back(place.bound_to());
  std::ranges::sort(all);
  CHECK(std::ranges::adjacent_find(all) == all.end());
  CHECK(all.front().starts_with("belay-secrets 1\n"));
}

TEST_CASE("a value that can be a secret, and one that cannot") {
  CHECK(fault_of_secret("x").empty());
  CHECK(fault_of_secret("several\nlines\n").empty());
  CHECK(fault_of_secret("größe 🎈").empty());
  CHECK(fault_of_secret(std::string(64 * 1024, 'x')).empty());
  CHECK(fault_of_secret("") == "is empty");
  CHECK(fault_of_secret(std::string(64 * 1024 + 1, 'x')) == "is longer than 64 KiB");
  CHECK(fault_of_secret(std::string("a\0b", 3)) == "has a zero byte");
  CHECK(fault_of_secret("caf\xE9").starts_with("is no text"));
}

// What `belay secrets edit` shows and reads
// ------------------------------------------------------------------

TEST_CASE("what can be a secret comes back from the text that is edited, character by character") {
  const std::vector<std::string> pieces{
      "a", "Z9", " ", "\n", "\r", "\t", "\x01", "\x7F",   "'",      "\"",     "\\",     ": ", "#",   "- ",
      "|", "%",  "&", "!",  "é",  "🎈", "{",    "\u0085", "\u2028", "\uFEFF", "\uFFFE", "~",  "null"};
  std::mt19937 random(1);  // NOLINT(bugprone-random-generator-seed): the same values in every run
  for (int round = 0; round < 3000; ++round) {
    std::string value;
    for (auto left = 1 + random() % 8; left > 0; --left) value += pieces[random() % pieces.size()];
    const OpenSecrets secrets{{{"", "A"}, value}, {{"", "B"}, "other"}, {{"production", "A"}, value}};
    const auto text = open_secrets_text(secrets);
    const auto back = parse_open_secrets("edited", text);
    REQUIRE_MESSAGE(back, text);
    REQUIRE_MESSAGE(*back == secrets, text);
  }
}

TEST_CASE("a value of several lines is edited as lines") {
  CHECK(
      open_secrets_text({{{"", "KEY"}, "-----BEGIN\nMII\n-----END\n"}, {{"production", "KEY"}, "a\n\nb"}}) ==
      "KEY: |\n  -----BEGIN\n  MII\n  -----END\n\nproduction:\n  KEY: |-\n    a\n\n    b\n");
}

TEST_CASE("what was edited wrongly is told with its line, all of it, and without a value") {
  const auto wrong =
      parse_open_secrets("edited",
                         "A: s3cret\n1B: s3cret\nC:\nD: [s3cret]\nE: ''\nproduction:\n  F: s3cret\n"
                         "  G: { H: s3cret }\n");
  REQUIRE_FALSE(wrong);
  std::string all;
  for (const auto& problem : wrong.error()) all += rendered(problem);
  for (const char* place : {"edited:2:1", "edited:3:1", "edited:4:1", "edited:5:1", "edited:8:3"})
    CHECK_MESSAGE(all.contains(place), all);
  CHECK_FALSE(all.contains("s3cret"));

  const auto broken = parse_open_secrets("edited", "A: 's3cret\nB: x\n");
  REQUIRE_FALSE(broken);
  for (const auto& problem : broken.error()) CHECK_FALSE(rendered(problem).contains("s3cret"));
  CHECK_FALSE(parse_open_secrets("edited", "- s3cret\n"));
  CHECK_FALSE(parse_open_secrets("edited", "# nothing is left\n"));
}

TEST_CASE("a name that stands twice in what was edited is a mistake") {
  CHECK_FALSE(parse_open_secrets("edited", "A: one\nA: two\n"));
}
