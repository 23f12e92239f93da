#include "model/release.hpp"

#include <algorithm>

#include <boost/json/serialize.hpp>

#include "model/json_parts.hpp"
#include "model/labels.hpp"
#include "model/release_json.hpp"

namespace belay {

bool BuiltHere::has(const std::string& path) const {
  const auto holds = [&](const std::string& one) {
    return path == one || (one.ends_with('/') && path.starts_with(one));
  };
  return std::ranges::any_of(added, holds) || std::ranges::any_of(changed, holds);
}

std::string release_to_json(const Release& release) {
  return boost::json::serialize(object_of(release));
}

Release release_from_json(const std::string& text) {
  return value_of<Release>(json_archive::parse_object(text, "the release"), "release");
}

std::string project_of(const Release& release) {
  if (!release.project.empty()) return release.project;
  for (const auto& service : release.services)
    for (const auto& body : service.containers)
      if (auto project = text_at(object_at(body, "Labels"), compose_label::project); !project.empty())
        return project;
  return "-";
}

std::string release_id(Time at, const Commit& commit) {
  if (commit.id.empty()) return stamp(at) + (commit.dirty ? "-dirty" : "-adopted");
  return stamp(at) + "-" + commit.abbreviated() + (commit.dirty ? "-dirty" : "");
}

}  // namespace belay
