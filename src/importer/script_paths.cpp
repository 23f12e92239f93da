#include "importer/script_paths.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "importer/words.hpp"

namespace belay::importer {
namespace {

std::string parent_of(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

// The words of a substitution: without quotes, without where its errors go.
std::vector<std::string> words_in(std::string_view inside) {
  std::vector<std::string> words;
  std::string word;
  bool is_redirect = false;
  const auto word_ended = [&] {
    if (!word.empty() && word != "--" && !is_redirect && word != "/dev/null") words.push_back(word);
    word.clear();
    is_redirect = false;
  };
  char quote = 0;  // that is open
  for (const char c : inside) {
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote == 0 && c == ' ') {
      word_ended();
    } else if (c != '\n') {
      is_redirect = is_redirect || (quote == 0 && c == '>');
      word += c;
    }
  }
  word_ended();
  return words;
}

// What the substitution prints, if it is a path that can be told.
std::optional<std::string> printed(std::string_view inside, std::string_view directory) {
  const std::vector<std::string> words = words_in(inside);
  if (words.empty() || !std::ranges::all_of(words, [](const std::string& word) { return is_known(word); }))
    return std::nullopt;
  if (words[0] == "pwd" && !directory.empty() && is_known(directory)) return std::string(directory);
  if (words[0] == "dirname" && words.size() == 2) return parent_of(words[1]);
  if (words[0] == "realpath" && words.size() == 2) return words[1];
  if (words[0] == "readlink" && words.size() == 3 && one_of(words[1], {"-f", "-e", "-m"})) return words[2];
  const bool enters =
      words[0] == "cd" && words.size() >= 4 && one_of(words[2], {"&&", ";"}) && words[3] == "pwd";
  if (!enters) return std::nullopt;
  const std::string& into = words[1];
  if (into.starts_with('/') || into.starts_with('~')) return without_dots(into);
  if (directory.empty()) return into;
  return into == "." ? std::string(directory) : without_dots(std::string(directory) + "/" + into);
}

// Where the innermost `$(` … `)` begins that was not tried yet; npos: none.
std::size_t innermost(std::string_view text, std::size_t before) {
  return before == 0 ? std::string_view::npos : text.rfind("$(", before - 1);
}

}  // namespace

std::string with_directories(std::string_view text, std::string_view directory) {
  std::string made(text);
  for (std::size_t at = innermost(made, made.size()); at != std::string::npos; at = innermost(made, at)) {
    const std::size_t end = made.find(')', at);
    if (end == std::string::npos) continue;
    if (const auto path = printed(std::string_view(made).substr(at + 2, end - at - 2), directory))
      made.replace(at, end - at + 1, *path);
  }
  return made;
}

std::string without_dots(const std::string& path) {
  const bool has_dots = path.find("/..") != std::string::npos || path.find("/./") != std::string::npos ||
                        path.find("//") != std::string::npos;
  if (!has_dots || !is_known(path) || path.find("://") != std::string::npos) return path;
  const bool in_home = path.starts_with("~/");
  std::string plain = std::filesystem::path(in_home ? path.substr(2) : path).lexically_normal().string();
  if (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  if (!in_home) return plain;
  return plain == "." ? "~" : "~/" + plain;
}

bool is_own_program(std::string_view path) {
  const bool is_placed = path.starts_with('/') || path.starts_with("~/") || path.starts_with("$HOME/") ||
                         path.starts_with("${HOME}/");
  if (!is_placed) return false;
  for (const std::string_view system : {"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/etc/", "/snap/"})
    if (path.starts_with(system)) return false;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"deploy", "update", "release", "upgrade"},
      [&](std::string_view word) { return name.find(word) != std::string_view::npos; });
}

}  // namespace belay::importer
