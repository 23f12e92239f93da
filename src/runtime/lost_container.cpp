#include "runtime/lost_container.hpp"

#include <boost/json.hpp>

#include "base/error.hpp"
#include "runtime/candidate.hpp"

namespace belay {

namespace json = boost::json;

namespace {

/// An id stands inside of longer words, too: "container:5d1e…".
std::string with_new_ids(std::string text, const std::map<std::string, std::string>& renewed) {
  for (const auto& [was, is] : renewed)
    for (auto at = text.find(was); at != std::string::npos; at = text.find(was, at + is.size()))
      text.replace(at, was.size(), is);
  return text;
}

}  // namespace

json::object body_to_make_again(const docker::Engine& engine, const docker::Inspection& inspection) {
  const auto& container = inspection.container;
  auto body =
      with_volumes_of(docker::create_body_of(inspection.raw), inspection.raw, every_volume(inspection.raw));
  // Its name may lead to another image by now.
  if (engine.image_id(container.image) != container.image_id) body["Image"] = container.image_id;
  return body;
}

std::string make_again(const docker::Engine& engine, const std::string& name, const json::object& body,
                       const std::map<std::string, std::string>& renewed) {
  return engine.create(name, json::parse(with_new_ids(json::serialize(body), renewed)).as_object());
}

}  // namespace belay
