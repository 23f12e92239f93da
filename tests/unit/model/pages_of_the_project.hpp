#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace belay::testing {

/// The project's own directory.
std::filesystem::path project_directory();
std::string text_of_file(const std::filesystem::path&);

/// A page in Markdown, as far as the tests of the documentation have to know it.
struct Page {
  struct Block {
    std::string language;  // what stands behind the three backticks
    std::string text;
  };
  std::filesystem::path file;
  std::vector<std::string> headings;  // without the marks in front
  std::vector<std::string> anchors;   // those that GitHub makes of the headings
  std::vector<std::string> links;     // the targets of links and pictures, as written
  std::vector<Block> blocks;
  std::vector<std::string> lines;  // all that stand outside of blocks
};
Page read_page(const std::filesystem::path&);

/// README*.md, and every page of docs/, bench/ and examples/.
std::vector<Page> all_pages();

}  // namespace belay::testing
