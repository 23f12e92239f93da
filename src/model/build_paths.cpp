#include "model/build_paths.hpp"

#include <algorithm>
#include <string>

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

/// `base` is what a relative path begins at. Returns the path. Addresses (https://…, git@…:…) pass as well:
/// read as a path they lead nowhere else.
fs::path require_below(const fs::path& source, const fs::path& base, const json::value& path,
                       const std::string& what) {
  if (!path.is_string()) return base;
  const std::string text(path.get_string());
  const fs::path whole = (base / text).lexically_normal(), top = source.lexically_normal();
  if (std::ranges::mismatch(top, whole).in1 == top.end()) return whole;
  refuse(what, text);
}

void require_build_below(const fs::path& source, const json::object& build, const std::string& who) {
  const fs::path context =
      require_below(source, source, value_at(build, "context"), who + "the context of its build");
  require_below(source, context, value_at(build, "dockerfile"), who + "its dockerfile");
  for (const auto& [name, path] : object_at(build, "additional_contexts"))
    require_below(source, source, path, fmt::format("{}the context {}", who, std::string_view(name)));
}

}  // namespace

void require_build_paths_below(const std::filesystem::path& source, const boost::json::object& model) {
  for (const auto& [service, settings] : object_at(model, "services"))
    if (settings.is_object())
      require_build_below(source, object_at(settings.get_object(), "build"),
                          fmt::format("service {}: ", std::string_view(service)));
  for (const auto& [name, secret] : object_at(model, "secrets"))
    if (secret.is_object())
      require_below(source, source, value_at(secret.get_object(), "file"),
                    fmt::format("the secret {}", std::string_view(name)));
}

}  // namespace belay
