#include <fstream>
#include <set>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/core.h>

#include "../golden.hpp"
#include "config_reference_text.hpp"
#include "model/config_values.hpp"
#include "samples.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

const VariableLookup everything = [](const std::string&) { return std::optional<std::string>("x"); };
const std::string reference = "../../../../docs/reference/";

void write(const std::string& name, const std::string& text) {
  std::ofstream(std::string(TEST_DATA) + "/" + name, std::ios::binary) << text;
}

/// The parsed environment as JSON: a way to compare two of them.
std::string environment_of(const std::string& text) {
  const EnvironmentConfig environment = parsed(text, everything).environments.at(0);
  return boost::json::serialize(plan_to_json(plan_deployment("app", environment, {}, {}, {})));
}

bool is_section(const ConfigKey& key) {
  return key.kind == ValueKind::section || key.kind == ValueKind::by_registry ||
         key.kind == ValueKind::by_path || key.kind == ValueKind::environments;
}

/// No value of the key's kind.
const char* wrong_value_for(const ConfigKey& key) {
  if (key.may_be_list || key.shorthand == "run") return "[]";  // a list stands for its key
  if (key.or_section) return "[[1]]";
  return is_section(key) || key.kind == ValueKind::texts_by_name ? "[1]" : "{ wrong: kind }";
}

}  // namespace

TEST_CASE("each key's example in the reference is valid") {
  for (const ConfigKey& key : config_keys()) {
    const std::string text = file_with(key, key.example);
    CAPTURE(text);
    CHECK(problems(text, everything) == "");
  }
}

TEST_CASE("the parser reads each key of the table: a value of the wrong kind is refused by its name") {
  for (const ConfigKey& key : config_keys()) {
    const std::string text = file_with(key, wrong_value_for(key));
    CAPTURE(text);
    CHECK(problems(text, everything).contains(fmt::format("'{}' ", key.name)));
  }
}

TEST_CASE("each default in the reference is the parser's own") {
  int compared = 0;
  for (const ConfigKey& key : config_keys()) {
    const bool prose = key.fallback.empty() || key.fallback.contains(' ');
    if (prose || is_section(key) || key.kind == ValueKind::texts || key.kind == ValueKind::commands ||
        key.kind == ValueKind::one_or_more || key.kind == ValueKind::variables ||
        key.kind == ValueKind::texts_by_name)
      continue;
    const std::string example_of_sibling = file_with(key, key.fallback);
    CAPTURE(example_of_sibling);
    std::string without = example_of_sibling;
    const std::string entry = fmt::format("{}: {}", key.name, key.fallback);
    const std::string list_entry = entry + ", ";
    const std::size_t at = without.find(list_entry);
    if (at != std::string::npos)
      without.erase(at, list_entry.size());
    else
      without.erase(without.find(entry), entry.size());
    CHECK(environment_of(without) == environment_of(example_of_sibling));
    ++compared;
  }
  CHECK(compared >= 15);
}

TEST_CASE("the bounds in the reference are the parser's own") {
  for (const ConfigKey& key : config_keys()) {
    if (key.kind != ValueKind::number && key.kind != ValueKind::duration) continue;
    const auto refused = [&](std::int64_t value) {
      const std::string shown =
          key.kind == ValueKind::number ? std::to_string(value) : fmt::format("{}ms", value);
      return problems(file_with(key, shown), everything).contains(fmt::format("'{}' must be from", key.name));
    };
    CAPTURE(std::string(key.section));
    CAPTURE(std::string(key.name));
    CHECK_FALSE(refused(key.least));
    CHECK_FALSE(refused(key.most));
    CHECK(refused(key.least - 1));
    CHECK(refused(key.most + 1));
  }
}

TEST_CASE("each choice in the reference is accepted") {
  for (const ConfigKey& key : config_keys())
    for (const auto& choice : choices_of(key)) CHECK(problems(file_with(key, choice), everything) == "");
}

TEST_CASE("no section has a key twice") {
  std::set<std::string> seen;
  for (const ConfigKey& key : config_keys())
    CHECK_MESSAGE(seen.insert(fmt::format("{}.{}", key.section, key.name)).second, key.name);
}

TEST_CASE("the published schema is made from the parser's table (BELAY_UPDATE_GOLDENS=1 writes it)") {
  if (updates_goldens()) write(reference + "belay.schema.json", schema());
  CHECK(data_file(reference + "belay.schema.json") == schema());
}

TEST_CASE("the published schema has the parser's keys, section by section, and no others") {
  const auto published = boost::json::parse(data_file(reference + "belay.schema.json")).as_object();
  const auto keys_in = [](const boost::json::object& type) {
    std::set<std::string> keys;
    for (const auto& [name, value] : type.at("properties").as_object()) keys.insert(name);
    return keys;
  };
  const auto keys_of = [](std::string_view section) {
    const auto names = config_key_names(section);
    return std::set<std::string>(names.begin(), names.end());
  };
  CHECK(keys_in(published) == keys_of(""));
  std::size_t keys = keys_of("").size();
  for (const auto& [section, type] : published.at("definitions").as_object()) {
    CHECK(keys_in(type.as_object()) == keys_of(section));
    keys += keys_of(section).size();
  }
  const std::size_t shared_twice = keys_of(shared_section).size();
  CHECK(keys == config_keys().size() + shared_twice);
}

TEST_CASE(
    "the tables of the reference are made from the parser's table (BELAY_UPDATE_GOLDENS=1 writes them)") {
  std::string page = data_file(reference + "belay-yml.md");
  std::set<std::string> sections;
  for (const ConfigKey& key : config_keys()) sections.emplace(key.section);
  for (const std::string& section : sections) {
    const std::string begin = fmt::format("<!-- keys: {} -->\n", section.empty() ? "top" : section);
    CAPTURE(begin);
    const std::size_t from = page.find(begin);
    REQUIRE(from != std::string::npos);
    const std::size_t table = from + begin.size();
    const std::size_t end = page.find("<!-- end -->", table);
    REQUIRE(end != std::string::npos);
    if (updates_goldens()) {
      page.replace(table, end - table, key_table(section));
    } else {
      CHECK(page.substr(table, end - table) == key_table(section));
    }
  }
  if (updates_goldens()) write(reference + "belay-yml.md", page);
}

TEST_CASE("every whole file shown in the reference is valid") {
  const std::string page = data_file(reference + "belay-yml.md");
  int files = 0;
  for (std::size_t at = page.find("```yaml\n"); at != std::string::npos; at = page.find("```yaml\n", at)) {
    at += 8;
    const std::string block = page.substr(at, page.find("```", at) - at);
    if (!block.contains("environments:")) continue;
    ++files;
    CAPTURE(block);
    CHECK(problems(block, everything) == "");
  }
  CHECK(files >= 2);
}
