#include "control/compose_inputs.hpp"

#include <set>
#include <vector>

#include "base/files.hpp"
#include "base/hash.hpp"

namespace belay {

namespace {

constexpr std::uintmax_t largest_file = 256u << 10;
constexpr std::size_t most_bytes = 8u << 20;
constexpr std::size_t most_mounted_files = 1000;  // of one directory

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

/// Words of a YAML text that could be paths: what stands between blanks, quotes, commas and brackets; of
/// `./conf:/etc/conf:ro` the first part as well.
std::set<std::string> words_in(const std::string& text) {
  constexpr auto separators = " \t\r\n\"',[]{}";
  std::set<std::string> words;
  for (std::size_t at = text.find_first_not_of(separators); at != std::string::npos;
       at = text.find_first_not_of(separators, at)) {
    const auto end = std::min(text.find_first_of(separators, at), text.size());
    const auto word = text.substr(at, end - at);
    words.insert(word);
    if (const auto first = word.substr(0, word.find(':')); !first.empty()) words.insert(first);
    at = end;
  }
  return words;
}

class Collection {
 public:
  Collection(fs::path source, const std::set<std::string>& hidden)
      : source_(std::move(source)), hidden_(hidden) {}

  ComposeInputs all() {
    for (auto entry = fs::recursive_directory_iterator(source_); entry != fs::recursive_directory_iterator();
         ++entry) {
      const auto name = entry->path().filename();
      if (entry->is_directory() && (name == ".git" || name == "node_modules"))
        entry.disable_recursion_pending();
      if (entry->is_regular_file() && is_input(entry->path())) take(entry->path());
    }
    // Those that a YAML file names, from where it stands or from the top.
    const auto yaml = found_.texts;
    for (const auto& [path, text] : yaml)
      if (is_yaml(path))
        for (const auto& word : words_in(text))
          for (const auto& base : {(source_ / path).parent_path(), source_}) {
            take(base / word);
            take_ids(base / word);
          }
    return std::move(found_);
  }

 private:
  void take(const fs::path& file) {
    std::error_code unusable;  // a word that is no path
    const auto path = file.lexically_normal().lexically_relative(source_);
    if (path.empty() || *path.begin() == ".." || found_.texts.contains(path.string())) return;
    if (hidden_.contains(path.string())) return;
    if (!fs::is_regular_file(file, unusable) || fs::file_size(file, unusable) > largest_file) return;
    auto text = read_file(file);
    if (text.contains('\0') || bytes_ + text.size() > most_bytes) return;
    bytes_ += text.size();
    found_.texts.emplace(path.string(), std::move(text));
  }

  /// The source itself is none of the directories: what mounts all of it, mounts what is released.
  void take_ids(const fs::path& named) {
    std::error_code unusable;  // a word that is no path
    const auto path = named.lexically_normal();
    const auto relative = path.lexically_relative(source_);
    if (relative.empty() || relative == "." || *relative.begin() == "..") return;
    if (fs::is_regular_file(fs::symlink_status(path, unusable))) return take_id(path);
    if (!is_real_directory(path) || !directories_.insert(path).second) return;
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(path))
      if (fs::is_regular_file(entry.symlink_status())) {
        if (files.size() == most_mounted_files) return;
        files.push_back(entry.path());
      }
    for (const auto& file : files) take_id(file);
  }

  void take_id(const fs::path& file) {
    const auto path = file.lexically_relative(source_).string();
    if (hidden_.contains(path)) return;
    if (!found_.ids.contains(path)) found_.ids.emplace(path, git_blob_id(file));
  }

  fs::path source_;
  const std::set<std::string>& hidden_;
  std::set<fs::path> directories_;
  std::size_t bytes_ = 0;
  ComposeInputs found_;
};

}  // namespace

ComposeInputs compose_inputs_of(const fs::path& source, const std::set<std::string>& hidden) {
  return Collection(source.lexically_normal(), hidden).all();
}

}  // namespace belay
