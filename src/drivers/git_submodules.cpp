#include "drivers/git_submodules.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "drivers/git_directory.hpp"

namespace belay::git {

namespace {

/// A submodule's name is a path below git's own directory. One that leads elsewhere is nobody's.
bool is_plain(const fs::path& name) {
  return !name.empty() && name.is_relative() && std::ranges::find(name, "..") == name.end();
}

/// Lists one tree after the other, each submodule's where the submodule stands.
class Walk {
 public:
  Walk(const fs::path& repository, std::stop_token stop, Deadline deadline)
      : stop_(std::move(stop)), deadline_(deadline) {
    whole_.objects.repository = repository;
  }

  WholeTree of(const std::string& commit, const fs::path& inside, const std::string& tree) {
    const fs::path place = inside.lexically_normal();
    if (place != ".") inside_ = place.generic_string() + "/";
    whole_.modules.push_back({"", commit, git_directory_of(whole_.objects.repository).value_or("")});
    list(0, whole_.objects.repository, inside_, tree);
    return std::move(whole_);
  }

 private:
  /// `work` is where the module lies in the working tree, `top` the listed directory's place in the outermost
  /// repository.
  void list(std::size_t module, const fs::path& work, const std::string& top, const std::string& tree) {
    std::map<std::string, std::string> names;
    for (Entry& entry : entries(whole_.objects, tree, stop_, deadline_)) {
      entry.path = (top + entry.path).substr(inside_.size());
      if (entry.kind != Entry::Kind::submodule) {
        whole_.entries.push_back(std::move(entry));
        continue;
      }
      if (names.empty()) names = names_of_submodules(whole_.modules[module].commit);
      enter(module, work, names, std::move(entry));
    }
  }

  void enter(std::size_t parent, const fs::path& work, const std::map<std::string, std::string>& names,
             Entry entry) {
    const std::string top = inside_ + entry.path;
    const std::string& above = whole_.modules[parent].path;
    const std::string path = above.empty() ? top : top.substr(above.size() + 1);
    const auto name = names.find(path);
    bool is_initialised = false;
    for (const fs::path& place :
         places_of(whole_.modules[parent], work / path, name == names.end() ? "" : name->second)) {
      is_initialised = true;
      whole_.objects.further.push_back(common_directory_of(place) / "objects");
      if (has(entry.id)) {
        whole_.modules.push_back({top, entry.id, place});
        return list(whole_.modules.size() - 1, work / path, top + "/", entry.id);
      }
      whole_.objects.further.pop_back();
    }
    whole_.absent.push_back(
        {entry.path, is_initialised ? fmt::format("its commit {} is not there", entry.id.substr(0, 12))
                                    : "it is not initialised"});
    whole_.entries.push_back(std::move(entry));
  }

  /// Where git may keep a submodule: the one in the working tree, else the one by its name, which stays when
  /// another commit without it is checked out.
  static std::vector<fs::path> places_of(const Module& parent, const fs::path& work,
                                         const std::string& name) {
    std::vector<fs::path> places;
    if (auto there = git_directory_of(work)) places.push_back(std::move(*there));
    if (!is_plain(name)) return places;
    for (const fs::path& above : {parent.git_directory, common_directory_of(parent.git_directory)})
      if (const fs::path place = above / "modules" / name; fs::is_directory(place / "objects"))
        places.push_back(place);
    return places;
  }

  bool has(const std::string& commit) const {
    return capture(command(whole_.objects, {"cat-file", "-e", commit + "^{tree}"}), stop_, deadline_).ok();
  }

  /// By path, as .gitmodules has them at that commit.
  std::map<std::string, std::string> names_of_submodules(const std::string& commit) const {
    const Captured said = capture(command(whole_.objects, {"config", "--blob", commit + ":.gitmodules", "-z",
                                                           "--get-regexp", R"(^submodule\..*\.path$)"}),
                                  stop_, deadline_);
    constexpr std::string_view before = "submodule.", after = ".path";
    std::map<std::string, std::string> names{{"", ""}};
    std::string_view rest = said.out;
    while (!rest.empty()) {  // "submodule.NAME.path\nPATH\0"
      const std::string_view pair = rest.substr(0, rest.find('\0'));
      rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
      const auto line = pair.find('\n');
      if (line == std::string_view::npos || line < before.size() + after.size()) continue;
      names.emplace(pair.substr(line + 1), pair.substr(before.size(), line - before.size() - after.size()));
    }
    return names;
  }

  std::stop_token stop_;
  Deadline deadline_;
  WholeTree whole_{};
  std::string inside_{};
};

}  // namespace

WholeTree whole_tree(const std::filesystem::path& repository, const std::string& commit,
                     const std::filesystem::path& inside, const std::string& tree, std::stop_token stop,
                     Deadline deadline) {
  return Walk(repository, std::move(stop), deadline).of(commit, inside, tree);
}

const Module& module_of(const std::vector<Module>& modules, const std::string& path) {
  const Module* found = &modules.front();
  for (const Module& module : modules)
    if (path.starts_with(module.path + "/") && module.path.size() > found->path.size()) found = &module;
  return *found;
}

}  // namespace belay::git
