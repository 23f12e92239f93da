#include "runtime/project_view.hpp"

#include <map>
#include <set>

#include <boost/json.hpp>

#include "base/files.hpp"
#include "model/json_parts.hpp"

namespace belay {

namespace json = boost::json;

namespace {

bool is_a_symlink(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_symlink(fs::symlink_status(path, unreadable));
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// As the directory that has it lists it: the entry itself is not looked at.
bool is_listed_as_directory(const fs::directory_entry& entry) {
  return !entry.is_symlink() && entry.is_directory();
}

/// The names in a directory; whether each is a directory.
std::map<std::string, bool> names_in(const fs::path& directory) {
  std::map<std::string, bool> names;
  for (const auto& entry : fs::directory_iterator(directory))
    names.emplace(entry.path().filename(), is_listed_as_directory(entry));
  return names;
}

/// Links to everything in `from` save for `but`.
void link_all(const fs::path& from, const fs::path& to, const fs::path& but) {
  for (const auto& entry : fs::directory_iterator(from, fs::directory_options::skip_permission_denied))
    if (entry.path().filename() != but) fs::create_symlink(entry.path(), to / entry.path().filename());
}

/// A link to a directory becomes a directory with links to what is in that.
void open_up(const fs::path& path) {
  if (!is_a_symlink(path)) return make_directories(path);
  const auto directory = fs::read_symlink(path);
  remove_tree(path);
  fs::create_directory(path);
  link_all(directory, path, {});
}

/// Where the server has nothing of its own, a directory is a link to the release's. Else the view's directory
/// holds links: the release's file counts, and beside it lies what only the server has. A symlink of the
/// server's stays: what it stands for is the server's. So does a directory of the server's that the user who
/// deploys may not look into.
class Laying {
 public:
  Laying(const fs::path& live, const ProjectView::Question& is_gone, const ProjectView::Question& was_brought)
      : live_(live), is_gone_(is_gone), was_brought_(was_brought) {}

  void lay(const fs::path& source, const fs::path& live, const fs::path& to) {
    if (is_real_directory(live)) find_what_is_the_servers(source, live);
    lay_directory(source, live, to);
  }

 private:
  /// Whether the server has anything of its own in this directory, which is one on both sides.
  bool find_what_is_the_servers(const fs::path& source, const fs::path& live) {
    bool found = false;
    const auto shipped = names_in(source);
    for (const auto& entry : fs::directory_iterator(live, fs::directory_options::skip_permission_denied)) {
      const auto name = entry.path().filename();
      const auto same = shipped.find(name.native());
      if (same == shipped.end())
        found |= is_the_servers(entry.path());
      else if (entry.is_symlink())
        found |= is_symlink_of_server(entry.path());
      else if (same->second && is_listed_as_directory(entry))
        found |= !may_be_entered(entry.path()) || find_what_is_the_servers(source / name, entry.path());
    }
    if (found) with_own_.insert(live);
    return found;
  }

  void lay_directory(const fs::path& source, const fs::path& live, const fs::path& to) const {
    fs::create_directory(to);
    for (const auto& entry : fs::directory_iterator(source)) {
      const auto name = entry.path().filename();
      if (with_own_.contains(live / name))
        lay_directory(entry.path(), live / name, to / name);
      else
        fs::create_symlink(stays(entry.path(), live / name) ? live / name : entry.path(), to / name);
    }
    if (!is_real_directory(live)) return;
    for (const auto& entry : fs::directory_iterator(live, fs::directory_options::skip_permission_denied))
      if (!exists(to / entry.path().filename()) && is_the_servers(entry.path()))
        fs::create_symlink(entry.path(), to / entry.path().filename());
  }

  static bool exists(const fs::path& path) { return fs::exists(fs::symlink_status(path)); }

  bool stays(const fs::path& shipped, const fs::path& live) const {
    if (is_real_directory(shipped) && is_real_directory(live)) return !may_be_entered(live);
    return is_symlink_of_server(live);
  }

  bool is_symlink_of_server(const fs::path& path) const {
    return is_a_symlink(path) && !(was_brought_ && was_brought_(path.lexically_relative(live_)));
  }

  bool is_the_servers(const fs::path& path) const {
    const auto relative = path.lexically_relative(live_);
    return relative != state_directory_name && !(is_gone_ && is_gone_(relative));
  }

  const fs::path& live_;
  const ProjectView::Question& is_gone_;
  const ProjectView::Question& was_brought_;
  std::set<fs::path> with_own_;  // directories of the live one
};

}  // namespace

ProjectPlace place_of(const Layout& layout, const std::string& release) {
  return {layout.live, layout.source(release), layout.view(release), layout.release(release),
          layout.env_files(release)};
}

ProjectView::ProjectView(const ProjectPlace& place)
    : live_(place.live), source_(place.source), root_(place.view), env_(place.env) {}

void ProjectView::make(const Question& is_gone, const Question& was_brought) const {
  remove_tree(root_);
  make_directories(of(live_).parent_path());
  fs::path real = live_.root_path();
  for (const auto& name : live_.relative_path()) {
    if (fs::is_directory(real)) link_all(real, of(real), name);
    real /= name;
  }
  Laying(live_, is_gone, was_brought).lay(source_, live_, of(live_));
  lay_env_files();
}

void ProjectView::lay_env_files() const {
  if (!fs::is_directory(env_)) return;
  for (const auto& entry : fs::recursive_directory_iterator(env_)) {
    const auto in_view = of(live_ / entry.path().lexically_relative(env_));
    if (entry.is_directory()) {
      open_up(in_view);
    } else {
      remove_tree(in_view);
      fs::create_symlink(entry.path(), in_view);
    }
  }
}

fs::path ProjectView::of(const fs::path& in_live) const {
  return root_ / in_live.relative_path();
}

std::string ProjectView::put_back(std::string text) const {
  replace_all(text, source_.string(), live_.string());
  if (!env_.empty()) replace_all(text, env_.string() + "/", live_.string() + "/");
  replace_all(text, root_.string() + "/", "/");
  return text;
}

json::value ProjectView::put_back(const json::value& value) const {
  const auto change = [this](std::string text) { return put_back(std::move(text)); };
  return with_texts(value, change, change);
}

}  // namespace belay
