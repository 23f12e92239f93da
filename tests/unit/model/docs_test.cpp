#include <algorithm>
#include <set>
#include <sstream>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "model/config_keys.hpp"
#include "pages_of_the_project.hpp"
#include "samples.hpp"

using namespace belay;
using namespace belay::testing;
namespace fs = std::filesystem;

namespace {

const VariableLookup everything = [](const std::string& name) {
  return std::optional<std::string>(name.ends_with("_URL") ? "https://example.com/x" : "x");
};

std::string shown(const Page& page) {
  return page.file.lexically_relative(project_directory()).string();
}

/// What is wrong with a link; empty if nothing is.
std::string fault_of(const std::string& link, const Page& page) {
  if (link.contains("://") || link.starts_with("mailto:")) return "";
  const std::string place = link.substr(0, link.find('#'));
  const fs::path target = place.empty() ? page.file : page.file.parent_path() / place;
  if (!fs::exists(target)) return "there is no " + place;
  if (!link.contains('#')) return "";
  const auto anchors = read_page(target).anchors;
  return std::ranges::find(anchors, link.substr(link.find('#') + 1)) != anchors.end()
             ? ""
             : "no heading is named so";
}

bool is_key(const std::string& word) {
  return std::ranges::any_of(config_keys(), [&](const ConfigKey& key) {
    return key.name == word &&
           (key.section.empty() || key.section == shared_section || key.section == "environment");
  });
}

std::size_t indentation_of(const std::string& line) {
  const std::size_t begin = line.find_first_not_of(' ');
  return begin == std::string::npos || line[begin] == '#' ? std::string::npos : begin;
}

/// How far the outermost keys are indented.
std::size_t outermost(const std::string& block) {
  std::size_t least = std::string::npos;
  std::istringstream lines(block);
  for (std::string line; std::getline(lines, line);) least = std::min(least, indentation_of(line));
  return least;
}

std::vector<std::string> outer_keys(const std::string& block) {
  std::vector<std::string> keys;
  const std::size_t least = outermost(block);
  std::istringstream lines(block);
  for (std::string line; std::getline(lines, line);)
    if (least != std::string::npos && indentation_of(line) == least)
      keys.push_back(line.substr(least, line.find(':') - least));
  return keys;
}

/// Whether the block is a belay.yml or a part of one: a comment says so, or its first key does. A comment in
/// the first line that names another file decides as well. The key `on` stands in workflows, too.
bool is_belay_yml(const Page::Block& block) {
  if (block.text.starts_with("# belay.yml")) return true;
  if (block.language != "yaml") return block.language.empty() && block.text.starts_with("app: ");
  const auto keys = outer_keys(block.text);
  return !block.text.starts_with('#') && !keys.empty() && keys.front() != "on" && is_key(keys.front());
}

std::string moved(const std::string& block, std::size_t from, std::size_t to) {
  std::string text;
  std::istringstream lines(block);
  for (std::string line; std::getline(lines, line);)
    text += std::string(to, ' ') + (line.size() > from ? line.substr(from) : "") + "\n";
  return text;
}

/// A part of a file as a file. Only the keys that every environment needs may be missing in it.
std::string completed(const std::string& block) {
  const auto keys = outer_keys(block);
  const auto has = [&](const char* key) { return std::ranges::find(keys, key) != keys.end(); };
  if (has("environments")) return has("app") ? block : "app: shop\n" + block;
  if (has("app")) return block + "environments: { production: { host: local, path: /srv/shop } }\n";
  return "app: shop\nenvironments:\n  production:\n" + moved(block, outermost(block), 4);
}

/// What belay's own reader says against the block. A fingerprint may be left out: `SHA256:…`.
std::string problems_of(const Page::Block& block) {
  std::string text = completed(block.text);
  const std::string left_out = "SHA256:…";
  for (std::size_t at = text.find(left_out); at != std::string::npos; at = text.find(left_out))
    text.replace(at, left_out.size(), "SHA256:uNiVztksCsDhcc0u9e8BrrJXbXzEMWJKj1vpqbF1k0M");
  const bool is_part = text != block.text;
  const auto config = parse_config("belay.yml", text, everything);
  if (config) return "";
  std::string all;
  for (const Problem& problem : config.error())
    if (!is_part || (problem.message != "'host' is missing" && problem.message != "'path' is missing"))
      all += rendered(problem);
  return all.empty() ? "" : text + all;
}

std::string without_comments(const std::string& block) {
  std::string text;
  std::istringstream lines(block);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t comment = line.starts_with('#') ? 0 : line.find(" #");
    if (comment != std::string::npos) line.resize(comment);
    line.resize(line.find_last_not_of(' ') + 1);
    if (!line.empty()) text += line + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("every relative link of the documentation leads to a file, and to a heading of it") {
  int links = 0;
  for (const Page& page : all_pages())
    for (const std::string& link : page.links) {
      const std::string fault = fault_of(link, page);
      CHECK_MESSAGE(fault.empty(), shown(page) << ": the link (" << link << "): " << fault);
      ++links;
    }
  CHECK(links >= 40);
}

TEST_CASE("belay reads every belay.yml that the documentation shows, whole or in part") {
  int files = 0;
  for (const Page& page : all_pages())
    for (const auto& block : page.blocks) {
      if (!is_belay_yml(block)) continue;
      CAPTURE(shown(page));
      CHECK(problems_of(block) == "");
      ++files;
    }
  CHECK(files >= 15);
}

TEST_CASE("the README in Portuguese has the same headings, code and links as the one in English") {
  const Page english = read_page(project_directory() / "README.md");
  const Page portuguese = read_page(project_directory() / "README.pt-BR.md");
  CHECK(english.headings.size() == portuguese.headings.size());
  REQUIRE(english.blocks.size() == portuguese.blocks.size());
  for (std::size_t i = 0; i < english.blocks.size(); ++i) {
    CHECK(english.blocks[i].language == portuguese.blocks[i].language);
    CHECK(without_comments(english.blocks[i].text) == without_comments(portuguese.blocks[i].text));
  }
  auto links = portuguese.links;
  std::ranges::replace(links, "README.md", "README.pt-BR.md");  // each leads to the other
  CHECK(english.links == links);
}

TEST_CASE("comments of code are left out, and nothing else of it") {
  CHECK(without_comments("# all\na: b   # c\n\nurl: x#y\n") == "a: b\nurl: x#y\n");
}

TEST_CASE("a block of YAML counts as belay.yml by its first key, or by its first comment") {
  CHECK(is_belay_yml({"yaml", "app: shop\n"}));
  CHECK(is_belay_yml({"yaml", "    edge:\n      tls: {}\n"}));
  CHECK(is_belay_yml({"", "app: shop\n"}));
  CHECK(is_belay_yml({"yaml", "# belay.yml of the api\nunknown: x\n"}));
  CHECK_FALSE(is_belay_yml({"yaml", "# compose.yml\nservices: {}\n"}));
  CHECK_FALSE(is_belay_yml({"yaml", "on: push\njobs: {}\n"}));
  CHECK_FALSE(is_belay_yml({"", "belay deploy production\n"}));
  CHECK(problems_of({"yaml", "    edge: { no_such_key: 1 }\n"}) != "");
}
