#include "pages_of_the_project.hpp"

#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

namespace fs = std::filesystem;

namespace belay::testing {

namespace {

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || (c & 0x80) != 0;
}

/// The anchor that GitHub makes of a heading.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    if (c == ' ') anchor += '-';
    if (is_name_character(c)) anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return anchor;
}

/// The line without what stands in backticks.
std::string without_code(const std::string& line) {
  std::string rest;
  bool in_code = false;
  for (const char c : line) {
    if (c == '`') in_code = !in_code;
    if (!in_code) rest += c;
  }
  return rest;
}

void take_links(Page& page, const std::string& line) {
  const std::string text = without_code(line);
  for (std::size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 2))
    page.links.push_back(text.substr(at + 2, text.find(')', at) - at - 2));
}

void take_line(Page& page, const std::string& line) {
  page.lines.push_back(line);
  take_links(page, line);
  const std::size_t marks = line.find_first_not_of('#');
  if (marks == 0 || marks == std::string::npos || line[marks] != ' ') return;
  page.headings.push_back(line.substr(marks + 1));
  page.anchors.push_back(anchor_of(page.headings.back()));
}

}  // namespace

fs::path project_directory() {
  return fs::weakly_canonical(fs::path(TEST_DATA) / "../../../..");
}

std::string text_of_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), "no file " << path.string());
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

Page read_page(const fs::path& path) {
  Page page{.file = path};
  std::istringstream text(text_of_file(path));
  bool in_block = false;
  std::size_t indented = 0;
  for (std::string line; std::getline(text, line);) {
    const std::size_t fence = line.find("```");
    const bool is_fence = fence != std::string::npos && line.find_first_not_of(' ') == fence;
    if (is_fence && !in_block) {
      page.blocks.push_back({.language = line.substr(fence + 3)});
      indented = fence;
    } else if (in_block && !is_fence) {
      page.blocks.back().text += (line.size() > indented ? line.substr(indented) : "") + "\n";
    } else if (!is_fence) {
      take_line(page, line);
    }
    if (is_fence) in_block = !in_block;
  }
  CHECK_MESSAGE(!in_block, path.string() << ": a block has no end");
  return page;
}

std::vector<Page> all_pages() {
  std::vector<Page> pages;
  const fs::path project = project_directory();
  for (const auto& entry : fs::directory_iterator(project))
    if (entry.path().extension() == ".md") pages.push_back(read_page(entry.path()));
  for (const char* const directory : {"docs", "bench", "examples"})
    for (const auto& entry : fs::recursive_directory_iterator(project / directory))
      if (entry.path().extension() == ".md") pages.push_back(read_page(entry.path()));
  return pages;
}

}  // namespace belay::testing
