#include "control/compose_inputs.hpp"

#include <set>
#include <vector>

#include "base/files.hpp"

namespace belay {

namespace {

constexpr std::uintmax_t largest_file = 256u << 10;
constexpr std::size_t most_bytes = 8u << 20;

bool is_yaml(const fs::path& path) {
  return path.extension() == ".yml" || path.extension() == ".yaml";
}

bool is_environment(const fs::path& path) {
  const auto name = path.filename().string();
  return name.starts_with(".env") || path.extension() == ".env";
}

/// Dockerfiles are not compose's; they tell which of the server's files a build asks for.
bool is_input(const fs::path& path) {
  return is_yaml(path) || is_environment(path) || path.filename().string().contains("Dockerfile");
}

/// Words of a YAML text that could be paths: what stands between blanks, quotes, commas and brackets.
std::set<std::string> words_in(const std::string& text) {
  constexpr auto separators = " \t\r\n\"',[]{}";
  std::set<std::string> words;
  for (std::size_t at = text.find_first_not_of(separators); at != std::string::npos;
       at = text.find_first_not_of(separators, at)) {
    const auto end = std::min(text.find_first_of(separators, at), text.size());
    words.insert(text.substr(at, end - at));
    at = end;
  }
  return words;
}

class Collection {
 public:
  explicit Collection(fs::path source) : source_(std::move(source)) {}

  std::map<std::string, std::string> all() {
    for (auto entry = fs::recursive_directory_iterator(source_); entry != fs::recursive_directory_iterator(); ++entry) {
      const auto name = entry->path().filename();
      if (entry->is_directory() && (name == ".git" || name == "node_modules")) entry.disable_recursion_pending();
      if (entry->is_regular_file() && is_input(entry->path())) take(entry->path());
    }
    // Those that a YAML file names, from where it stands or from the top.
    const auto yaml = found_;
    for (const auto& [path, text] : yaml)
      if (is_yaml(path))
        for (const auto& word : words_in(text))
          for (const auto& base : {(source_ / path).parent_path(), source_}) take(base / word);
    return std::move(found_);
  }

 private:
  void take(const fs::path& file) {
    std::error_code unusable;  // a word that is no path
    const auto path = file.lexically_normal().lexically_relative(source_);
    if (path.empty() || *path.begin() == ".." || found_.contains(path.string())) return;
    if (!fs::is_regular_file(file, unusable) || fs::file_size(file, unusable) > largest_file) return;
    auto text = read_file(file);
    if (text.contains('\0') || bytes_ + text.size() > most_bytes) return;
    bytes_ += text.size();
    found_.emplace(path.string(), std::move(text));
  }

  fs::path source_;
  std::size_t bytes_ = 0;
  std::map<std::string, std::string> found_;
};

}  // namespace

std::map<std::string, std::string> compose_inputs_of(const fs::path& source) {
  return Collection(source.lexically_normal()).all();
}

}  // namespace belay
