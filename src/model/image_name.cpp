#include "model/image_name.hpp"

namespace belay {

ImageName image_name(std::string_view reference) {
  ImageName name;
  if (const auto at = reference.find('@'); at != std::string_view::npos) {
    name.digest = reference.substr(at + 1);
    reference = reference.substr(0, at);
  }
  const auto slash = reference.find('/');
  const auto first = reference.substr(0, slash);
  const bool has_registry = slash != std::string_view::npos &&
                            (first.find_first_of(".:") != std::string_view::npos || first == "localhost");
  name.registry = has_registry ? first : "docker.io";
  if (name.registry == "index.docker.io") name.registry = "docker.io";
  if (has_registry) reference.remove_prefix(slash + 1);
  const auto colon = reference.rfind(':');
  name.repository = reference.substr(0, colon);
  if (colon != std::string_view::npos)
    name.tag = reference.substr(colon + 1);
  else if (name.digest.empty())
    name.tag = "latest";
  if (name.registry == "docker.io" && !name.repository.contains('/')) name.repository.insert(0, "library/");
  return name;
}

}  // namespace belay
