#include "runtime/build_failure.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>
#include <string_view>

#include <fmt/core.h>

namespace belay {

namespace fs = std::filesystem;

namespace {

/// The words of BuildKit, of the classic builder, of shells, Node.js, Python and Go, in lower case.
constexpr std::array<std::string_view, 6> missing_words{"no such file", "not found",   "does not exist",
                                                        "can't open",   "cannot open", "enoent"};

bool says_missing(std::string line) {
  std::ranges::transform(line, line.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::any_of(missing_words, [&](std::string_view words) { return line.contains(words); });
}

bool of_a_path(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("._-/+@").contains(c);
}

/// "can't open '/app/.env': No such file" → "can", "t", "open", "/app/.env", …
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  for (auto begin = line.begin(); begin != line.end();) {
    begin = std::find_if(begin, line.end(), of_a_path);
    const auto end = std::find_if_not(begin, line.end(), of_a_path);
    if (begin != end) words.emplace_back(begin, end);
    begin = end;
  }
  return words;
}

/// "/app/.env" names in the image what may be "app/.env" or ".env" in the context.
std::vector<fs::path> possible_files(const std::string& word) {
  std::vector<fs::path> files;
  for (auto at = word.find_first_not_of('/'); at != std::string::npos;) {
    files.emplace_back(word.substr(at));
    const auto slash = word.find('/', at);
    at = slash == std::string::npos ? slash : word.find_first_not_of('/', slash);
  }
  return files;
}

}  // namespace

std::optional<std::string> missing_server_file(const std::string& words, const fs::path& live,
                                               const fs::path& source,
                                               const std::vector<fs::path>& contexts) {
  std::istringstream lines(words);
  for (std::string line; std::getline(lines, line);) {
    if (!says_missing(line)) continue;
    for (const auto& word : words_of(line))
      for (const auto& file : possible_files(word))
        for (const auto& context : contexts) {
          const auto path = (context / file).lexically_normal();
          if (path.empty() || *path.begin() == ".." || !path.has_filename()) continue;
          if (fs::is_regular_file(live / path) && !fs::exists(source / path)) return path.string();
        }
  }
  return std::nullopt;
}

std::string server_file_remedy(const std::string& file, const std::vector<std::string>& with) {
  std::string files;
  for (const auto& named : with) files += named + ", ";
  return fmt::format(
      "{0} lies only on the server, and a build sees what was shipped. Give it to the build in "
      "belay.yml: build: {{ with: [{1}{0}] }}",
      file, files);
}

}  // namespace belay
