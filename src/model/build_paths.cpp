#include "model/build_paths.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>

#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "base/error.hpp"
#include "model/json_parts.hpp"
#include "model/visible_text.hpp"

namespace belay {

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

[[noreturn]] void refuse(const std::string& what, const std::string& text) {
  throw Error(visible_text(fmt::format("{} is {}, which is not among the release's files", what, text)),
              "with `build: here` the images are built where belay was started, and the server's own files "
              "stay on the server",
              "commit that file, or build on the server: write build: host", ExitCode::bad_input);
}

/// A dollar that is doubled stands for itself.
bool has_variable(std::string_view text) {
  for (auto at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 2))
    if (at + 1 == text.size() || text[at + 1] != '$') return true;
  return false;
}

/// A model for a build has no more than these. What else stands in it would have compose read other files.
void require_only(const json::object& from, std::initializer_list<std::string_view> known,
                  const std::string& whose) {
  for (const auto& [key, value] : from)
    if (std::ranges::find(known, std::string_view(key)) == known.end())
      refuse(whose + std::string(key), json::serialize(value));
}

/// The object at `key`; null is an empty one. Another kind is not what belay writes there.
const json::object& require_object(const json::object& from, std::string_view key, const std::string& what) {
  const auto& value = value_at(from, key);
  if (!value.is_null() && !value.is_object()) refuse(what, json::serialize(value));
  return object_at(from, key);
}

/// `base` is what a relative path begins at. Returns the path. Addresses (https://…, git@…:…) pass as well:
/// read as a path they lead nowhere else.
fs::path require_below(const fs::path& source, const fs::path& base, const json::value& path,
                       const std::string& what) {
  if (path.is_null()) return base;
  if (!path.is_string()) refuse(what, json::serialize(path));
  const std::string text(path.get_string());
  // Compose would put a variable of this machine, or a home directory, in their place.
  if (text.starts_with('~') || has_variable(text)) refuse(what, text);
  const fs::path whole = (base / text).lexically_normal(), top = source.lexically_normal();
  if (std::ranges::mismatch(top, whole).in1 == top.end()) return whole;
  refuse(what, text);
}

void require_build_below(const fs::path& source, const json::object& build, const std::string& who) {
  const fs::path context =
      require_below(source, source, value_at(build, "context"), who + "the context of its build");
  require_below(source, context, value_at(build, "dockerfile"), who + "its dockerfile");
  for (const auto& [name, path] :
       require_object(build, "additional_contexts", who + "its additional contexts"))
    require_below(source, source, path, fmt::format("{}the context {}", who, std::string_view(name)));
}

}  // namespace

void require_build_paths_below(const std::filesystem::path& source, const boost::json::object& model) {
  require_only(model, {"name", "services", "secrets"}, "");
  for (const auto& [service, settings] : object_at(model, "services")) {
    if (!settings.is_object()) continue;
    const auto who = fmt::format("service {}: ", std::string_view(service));
    require_only(settings.get_object(), {"build", "image", "platform"}, who);
    require_build_below(source, require_object(settings.get_object(), "build", who + "its build"), who);
  }
  for (const auto& [name, secret] : object_at(model, "secrets"))
    if (secret.is_object())
      require_below(source, source, value_at(secret.get_object(), "file"),
                    fmt::format("the secret {}", std::string_view(name)));
}

}  // namespace belay
