#include "model/release.hpp"

#include <boost/json/serialize.hpp>

#include "model/release_json.hpp"

namespace belay {

std::string release_to_json(const Release& release) {
  return boost::json::serialize(object_of(release));
}

Release release_from_json(const std::string& text) {
  return value_of<Release>(json_archive::parse_object(text, "the release"), "release");
}

std::string release_id(Time at, const Commit& commit) {
  if (commit.id.empty()) return stamp(at) + (commit.dirty ? "-dirty" : "-adopted");
  return stamp(at) + "-" + commit.abbreviated() + (commit.dirty ? "-dirty" : "");
}

}  // namespace belay
