#include "runtime/released_mounts.hpp"

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/files.hpp"

namespace belay {

namespace json = boost::json;

namespace {

bool is_there(const fs::path& path) {
  std::error_code unreadable;
  return fs::exists(fs::symlink_status(path, unreadable));
}

/// A bind as the Engine's API writes it: "/host:/container:ro,z".
struct Bind {
  std::string host, target, options;
  bool read_only() const { return ("," + options + ",").find(",ro,") != std::string::npos; }
  std::string text() const { return host + ":" + target + (options.empty() ? "" : ":" + options); }
};

Bind bind_in(const std::string& text) {
  const auto first = text.find(':'), second = text.find(':', first + 1);
  return {text.substr(0, first), text.substr(first + 1, second - first - 1),
          second == std::string::npos ? "" : text.substr(second + 1)};
}

class Pointing {
 public:
  explicit Pointing(const ReleasedMounts& mounts)
      : mounts_(mounts), live_(mounts.layout.live), source_(mounts.layout.source(mounts.release)) {}

  void point(json::array& binds) {
    json::array further;
    for (auto& entry : binds) {
      auto bind = bind_in(std::string(entry.as_string()));
      const auto shipped = shipped_as(bind.host);
      if (shipped.empty()) continue;
      if (bind.read_only() || !is_real_directory(shipped)) {
        if (bind.read_only()) bind.host = shipped.string();
      } else if (!mounts_.copies.empty()) {
        const auto copy = copied(shipped);
        for (const auto& only : what_only_the_server_has(shipped, bind.host, {}))
          further.push_back(json::string(Bind{(fs::path(bind.host) / only).string(),
                                              (fs::path(bind.target) / only).string(), bind.options}
                                             .text()));
        bind.host = copy.string();
      }
      entry = json::string(bind.text());
    }
    binds.insert(binds.end(), further.begin(), further.end());
  }

  /// configs: and secrets: by file, and binds in the long form.
  void point_mounts(json::array& mounts) const {
    for (auto& entry : mounts) {
      auto& mount = entry.as_object();
      const auto* read_only = mount.if_contains("ReadOnly");
      if (mount.at("Type") != "bind" || !read_only || !read_only->is_bool() || !read_only->get_bool())
        continue;
      const auto shipped = shipped_as(std::string(mount.at("Source").as_string()));
      if (!shipped.empty()) mount["Source"] = shipped.string();
    }
  }

 private:
  fs::path shipped_as(const std::string& host) const {
    const auto relative = fs::path(host).lexically_normal().lexically_relative(live_);
    if (relative.empty() || *relative.begin() == "..") return {};
    const auto there = (source_ / relative).lexically_normal();
    // A symlink of the server's stays the server's.
    return is_there(there) && !fs::is_symlink(live_ / relative) ? there : fs::path{};
  }

  fs::path copied(const fs::path& shipped) {
    const auto copy = mounts_.copies / std::to_string(count_++);
    remove_tree(copy);
    make_directories(copy.parent_path());
    fs::copy(shipped, copy, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    return copy;
  }

  std::vector<fs::path> what_only_the_server_has(const fs::path& shipped, const fs::path& live,
                                                 const fs::path& below) const {
    std::vector<fs::path> found;
    const auto options = fs::directory_options::skip_permission_denied;
    for (const auto& entry : fs::directory_iterator(live / below, options)) {
      const auto path = below / entry.path().filename();
      if (entry.path().filename() == state_directory_name) continue;
      if (!is_there(shipped / path)) {
        if (!entry.is_symlink()) found.push_back(path);
      } else if (is_real_directory(entry.path()) && is_real_directory(shipped / path)) {
        for (auto& deeper : what_only_the_server_has(shipped, live, path)) found.push_back(std::move(deeper));
      }
    }
    return found;
  }

  const ReleasedMounts& mounts_;
  fs::path live_, source_;
  int count_ = 0;
};

json::array* array_in(json::object& host, const char* key) {
  auto* found = host.if_contains(key);
  return found && found->is_array() ? &found->get_array() : nullptr;
}

}  // namespace

json::object with_released_mounts(json::object body, const ReleasedMounts& mounts) {
  auto& host = body.at("HostConfig").as_object();
  Pointing pointing(mounts);
  if (auto* binds = array_in(host, "Binds")) pointing.point(*binds);
  if (auto* long_form = array_in(host, "Mounts")) pointing.point_mounts(*long_form);
  return body;
}

}  // namespace belay
