#include "model/yaml.hpp"

#include <doctest/doctest.h>

using namespace belay;

namespace {

YamlNode read(const std::string& text) {
  YamlDocument document = parse_yaml("f.yml", text);
  for (const Problem& problem : document.problems) FAIL(rendered(problem));
  REQUIRE(document.root);
  return std::move(*document.root);
}

/// "line:column message" of each problem.
std::vector<std::string> faults(const std::string& text) {
  std::vector<std::string> all;
  for (const Problem& problem : parse_yaml("f.yml", text).problems)
    all.push_back(std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) + " " +
                  problem.message);
  return all;
}

using Faults = std::vector<std::string>;

}  // namespace

TEST_CASE("mappings keep their order, and keys and values know where they stand") {
  const YamlNode root = read("b: 1\na:\n  - x\n  - {ü: [y, 'z']}\n");
  REQUIRE(root.entries.size() == 2);
  CHECK(root.entries[0].key == "b");
  CHECK(root.entries[1].at.line == 2);
  const YamlNode& list = root.entries[1].value;
  REQUIRE(list.items.size() == 2);
  CHECK(list.items[0].at.line == 3);
  CHECK(list.items[0].at.column == 5);
  const YamlNode* inner = list.items[1].find("ü");
  REQUIRE(inner);
  CHECK(inner->at.column == 9);  // characters, not bytes
  CHECK(inner->items[0].plain);
  CHECK_FALSE(inner->items[1].plain);
}

TEST_CASE("scalars stay text: on, no, 010 and null are what somebody wrote") {
  const YamlNode root = read("on: no\nx: 010\ny: ~\nz: 'null'\nw:\n");
  CHECK(root.find("on")->text == "no");
  CHECK(root.find("x")->text == "010");
  CHECK(root.find("y")->is_null());
  CHECK_FALSE(root.find("z")->is_null());
  CHECK(root.find("w")->is_null());
  CHECK(root.find("missing") == nullptr);
}

TEST_CASE("a block scalar keeps its lines") {
  CHECK(read("a: |\n  one\n  two\n").find("a")->text == "one\ntwo\n");
}

TEST_CASE("an alias is a copy of what its anchor stands on") {
  const YamlNode root = read("a: &x [1, 2]\nb: *x\n");
  CHECK(root.find("b")->items.size() == 2);
}

TEST_CASE("an alias to its own ancestor, or to nothing, is refused") {
  CHECK(faults("a: &h [b, *h]\n") ==
        Faults{"1:11 the alias '*h' refers to nothing that is complete at this point"});
  CHECK(faults("a: *gone\n") ==
        Faults{"1:4 the alias '*gone' refers to nothing that is complete at this point"});
}

TEST_CASE("a redefined anchor means the value that was complete last") {
  CHECK(read("a: &x 1\nb: &x [*x]\nc: *x\n").find("c")->items.at(0).text == "1");
}

TEST_CASE(
    "duplicate keys, tags, merge keys and keys that are no text are all reported, and reading goes on") {
  CHECK(faults("a: 1\na: 2\nb: !!str 3\nc:\n  <<: {d: 4}\n[x]: 5\na: 6\n") ==
        Faults{"2:1 the key 'a' stands here a second time",
               "3:4 tags such as 'tag:yaml.org,2002:str' are not supported",
               "5:3 merge keys ('<<') are not supported", "6:1 a key must be a text, but this is a list",
               "7:1 the key 'a' stands here a second time"});
  const YamlDocument document = parse_yaml("f.yml", "a: 1\na: 2\n");
  REQUIRE(document.root);
  CHECK(document.root->find("a")->text == "1");
}

TEST_CASE("text that is no YAML is refused with libyaml's reason and place") {
  const auto found = faults("a: [1, 2\nb: 3\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0] == "2:2 this is not YAML: did not find expected ',' or ']' (while parsing a flow sequence)");
  CHECK_FALSE(parse_yaml("f.yml", "a: [1, 2\nb: 3\n").root);
}

TEST_CASE("a tab as indentation is refused") {
  const auto found = faults("a:\n\tb: 1\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].starts_with("2:1 this is not YAML: found character that cannot start any token"));
}

TEST_CASE("an empty file and a file of comments are empty") {
  CHECK(faults("") == Faults{"0:0 the file is empty"});
  CHECK(faults("# nothing\n") == Faults{"0:0 the file is empty"});
}

TEST_CASE("a second document is refused") {
  CHECK(faults("a: 1\n---\nb: 2\n") == Faults{"2:1 a second document begins here"});
}

TEST_CASE("what is not UTF-8 is refused where it stands") {
  CHECK(faults("a: 1\nb: ü\xFF\n") == Faults{"2:5 this byte is not UTF-8"});
  CHECK(faults(std::string("\xFF\xFE"
                           "a\0:\0 \0",
                           8)) == Faults{"1:1 this byte is not UTF-8"});  // UTF-16
}

TEST_CASE("a byte order mark is skipped") {
  const YamlNode root = read(
      "\xEF\xBB\xBF"
      "a: 1\n");
  CHECK(root.entries[0].key == "a");
  CHECK(root.entries[0].at.column == 1);
}

TEST_CASE("nesting is bounded") {
  CHECK(faults(std::string(63, '[') + std::string(63, ']')) == Faults{});
  CHECK(faults(std::string(65, '[') + std::string(65, ']')) ==
        Faults{"1:65 nested more than 64 levels deep"});
  CHECK(faults(std::string(100'000, '[')) == Faults{"1:65 nested more than 64 levels deep"});
}

TEST_CASE("aliases that multiply are bounded by nodes and by text") {
  std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name < 'k'; ++name) {
    laughs += std::string(1, name) + ": &" + name + " [";
    for (int copy = 0; copy < 10; ++copy) laughs += std::string("*") + static_cast<char>(name - 1) + ", ";
    laughs += "]\n";
  }
  const auto found = faults(laughs);
  REQUIRE(found.size() == 1);
  CHECK(found[0].ends_with("the file has more than 100000 values"));

  std::string long_text = "a: &a '" + std::string(500'000, 'x') + "'\nb: [";
  for (int copy = 0; copy < 100; ++copy) long_text += "*a, ";
  const auto too_long = faults(long_text + "]\n");
  REQUIRE(too_long.size() == 1);
  CHECK(too_long[0].ends_with("the file's aliases repeat more than 16 MiB of text"));
}

TEST_CASE("a file of more than a mebibyte is not even looked at") {
  CHECK(faults(std::string((1u << 20) + 1, ' ')) == Faults{"0:0 the file is larger than 1 MiB"});
}

TEST_CASE("a foreign file may merge, have tags, say a key twice and go on with another document") {
  const auto document = parse_foreign_yaml(
      "ci.yml",
      "base: &b {a: 1, c: 3}\nother: &o {c: 4, d: 5}\njob:\n  <<: [*b, *o]\n  a: 2\n  a: 9\n"
      "  s: !reference [x, y]\n---\nsecond: 1\n");
  CHECK(document.problems.empty());
  REQUIRE(document.root);
  const YamlNode& job = *document.root->find("job");
  CHECK(job.find("a")->text == "2");
  CHECK(job.find("c")->text == "3");
  CHECK(job.find("d")->text == "5");
  CHECK(job.find("s")->items.size() == 2);
}
