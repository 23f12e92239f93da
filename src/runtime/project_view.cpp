#include "runtime/project_view.hpp"

#include <boost/json.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "base/files.hpp"

namespace belay {

namespace json = boost::json;

namespace {

bool is_real_directory(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_directory(fs::symlink_status(path, unreadable));
}

/// Whether the user who deploys may look into it; else it is the server's as a whole.
bool may_be_entered(const fs::path& directory) {
  return ::faccessat(AT_FDCWD, directory.c_str(), R_OK | X_OK, AT_EACCESS) == 0;
}

bool is_a_symlink(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_symlink(fs::symlink_status(path, unreadable));
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// Links to everything in `from` save for `but`.
void link_all(const fs::path& from, const fs::path& to, const fs::path& but) {
  for (const auto& entry : fs::directory_iterator(from, fs::directory_options::skip_permission_denied))
    if (entry.path().filename() != but) fs::create_symlink(entry.path(), to / entry.path().filename());
}

/// What is a directory on both sides is one here; else the release's file counts, and what only the server
/// has is linked. A symlink of the server's stays: what it stands for is the server's. So does a directory of
/// the server's that the user who deploys may not look into.
class Laying {
 public:
  Laying(const fs::path& live, const ProjectView::Question& is_gone, const ProjectView::Question& was_brought)
      : live_(live), is_gone_(is_gone), was_brought_(was_brought) {}

  void lay(const fs::path& source, const fs::path& live, const fs::path& to) const {
    fs::create_directory(to);
    for (const auto& entry : fs::directory_iterator(source)) {
      const auto name = entry.path().filename();
      const bool in_both = is_real_directory(entry.path()) && is_real_directory(live / name);
      if (in_both && may_be_entered(live / name))
        lay(entry.path(), live / name, to / name);
      else
        fs::create_symlink(in_both || is_symlink_of_server(live / name) ? live / name : entry.path(),
                           to / name);
    }
    if (!is_real_directory(live)) return;
    for (const auto& entry : fs::directory_iterator(live, fs::directory_options::skip_permission_denied))
      if (is_the_servers(entry.path(), to)) fs::create_symlink(entry.path(), to / entry.path().filename());
  }

 private:
  bool is_symlink_of_server(const fs::path& path) const {
    return is_a_symlink(path) && !(was_brought_ && was_brought_(path.lexically_relative(live_)));
  }

  bool is_the_servers(const fs::path& path, const fs::path& to) const {
    const auto relative = path.lexically_relative(live_);
    return relative != state_directory_name && !fs::exists(fs::symlink_status(to / path.filename())) &&
           !(is_gone_ && is_gone_(relative));
  }

  const fs::path& live_;
  const ProjectView::Question& is_gone_;
  const ProjectView::Question& was_brought_;
};

}  // namespace

ProjectPlace place_of(const Layout& layout, const std::string& release) {
  return {layout.live, layout.source(release), layout.view(release), layout.release(release)};
}

ProjectView::ProjectView(const ProjectPlace& place)
    : live_(place.live), source_(place.source), root_(place.view) {}

void ProjectView::make(const Question& is_gone, const Question& was_brought) const {
  remove_tree(root_);
  make_directories(of(live_).parent_path());
  fs::path real = live_.root_path();
  for (const auto& name : live_.relative_path()) {
    if (fs::is_directory(real)) link_all(real, of(real), name);
    real /= name;
  }
  Laying(live_, is_gone, was_brought).lay(source_, live_, of(live_));
}

fs::path ProjectView::of(const fs::path& in_live) const {
  return root_ / in_live.relative_path();
}

std::string ProjectView::put_back(std::string text) const {
  replace_all(text, source_.string(), live_.string());
  replace_all(text, root_.string() + "/", "/");
  return text;
}

json::value ProjectView::put_back(const json::value& value) const {
  if (value.is_string()) return json::string(put_back(std::string(value.get_string())));
  if (value.is_array()) {
    json::array array;
    for (const auto& item : value.get_array()) array.push_back(put_back(item));
    return array;
  }
  if (value.is_object()) {
    json::object object;
    for (const auto& [key, item] : value.get_object()) object[put_back(std::string(key))] = put_back(item);
    return object;
  }
  return value;
}

}  // namespace belay
