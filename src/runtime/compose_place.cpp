#include "runtime/compose_place.hpp"

#include <set>
#include <string_view>
#include <utility>

#include "model/yaml.hpp"

namespace belay {

namespace {

namespace fs = std::filesystem;
using Key = std::vector<std::string>;

constexpr std::size_t enough_to_say = 2;  // "services" alone says nothing

class Search {
 public:
  explicit Search(const ReadComposeFile& read) : read_(read) {}

  /// Of a file of the command line: it overrides those before it.
  void in_main(const fs::path& file, const Key& key) { in(file, key, true); }

  std::optional<ComposePlace> found() const {
    return found_ >= enough_to_say ? std::optional(place_) : std::nullopt;
  }

 private:
  void in(const fs::path& file, const Key& key, bool overrides) {
    if (!seen_.emplace(file, key).second) return;
    const auto text = read_(file);
    const auto root = text ? parse_foreign_yaml(file.string(), *text).root : std::nullopt;
    if (!root) return;
    take(file, *root, key, overrides);
    follow_extends(file, *root, key);
    follow_includes(file, *root, key);
  }

  void take(const fs::path& file, const YamlNode& root, const Key& key, bool overrides) {
    const YamlNode* node = &root;
    Location at;
    std::size_t depth = 0;
    for (const auto& name : key) {
      const auto* entry = node->find_entry(name);
      if (entry == nullptr) break;
      at = entry->at;
      node = &entry->value;
      ++depth;
    }
    if (depth < found_ || (depth == found_ && !overrides)) return;
    found_ = depth;
    place_ = {file, at};
  }

  void follow_extends(const fs::path& file, const YamlNode& root, Key key) {
    if (key.size() < enough_to_say || key.front() != "services") return;
    const auto* services = root.find("services");
    const auto* service = services == nullptr ? nullptr : services->find(key[1]);
    const auto* extends = service == nullptr ? nullptr : service->find("extends");
    if (extends == nullptr) return;
    const auto* name = extends->kind == YamlNode::Kind::scalar ? extends : extends->find("service");
    const auto* other = extends->find("file");
    if (name == nullptr) return;
    key[1] = name->text;
    in(other == nullptr ? file : beside(file, other->text), key, false);
  }

  void follow_includes(const fs::path& file, const YamlNode& root, const Key& key) {
    const auto* includes = root.find("include");
    if (includes == nullptr) return;
    for (const auto& item : includes->items) {
      const auto* path = item.kind == YamlNode::Kind::mapping ? item.find("path") : &item;
      if (path == nullptr) continue;
      if (path->kind == YamlNode::Kind::scalar) in(beside(file, path->text), key, false);
      for (const auto& one : path->items) in(beside(file, one.text), key, false);
    }
  }

  static fs::path beside(const fs::path& file, std::string_view name) {
    return (file.parent_path() / name).lexically_normal();
  }

  const ReadComposeFile& read_;
  std::set<std::pair<fs::path, Key>> seen_;
  std::size_t found_ = 0;  // how many names of the key
  ComposePlace place_;
};

}  // namespace

std::optional<ComposePlace> place_of_key(const std::vector<fs::path>& files, const Key& key,
                                         const ReadComposeFile& read) {
  Search search(read);
  for (const auto& file : files) search.in_main(file, key);
  return search.found();
}

}  // namespace belay
