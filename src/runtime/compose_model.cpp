#include "runtime/compose_model.hpp"

#include <boost/json.hpp>

#include "base/error.hpp"

namespace belay {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

const json::object& service_of(const json::object& model, const std::string& service) {
  const auto* services = model.if_contains("services");
  const auto* found = services ? services->as_object().if_contains(service) : nullptr;
  if (!found)
    throw Error("the compose file has no service \"" + service + "\"", {},
                "name it in `services:` of belay.yml as the compose file does");
  return found->as_object();
}

/// A path below the live directory that was shipped: the same path below the release's source.
std::string shipped(const std::string& path, const fs::path& live, const fs::path& source) {
  const auto relative = fs::path(path).lexically_relative(live);
  if (relative.empty() || *relative.begin() == "..") return path;
  const auto there = (source / relative).lexically_normal();
  return fs::exists(there) ? there.string() : path;
}

void point_build_at_source(json::object& build, const fs::path& live, const fs::path& source) {
  if (auto* context = build.if_contains("context"); context && context->is_string())
    *context = shipped(std::string(context->as_string()), live, source);
  if (auto* more = build.if_contains("additional_contexts"); more && more->is_object())
    for (auto& item : more->as_object())
      if (item.value().is_string())
        item.value() = shipped(std::string(item.value().as_string()), live, source);
}

bool is_writable_bind(const json::object& volume) {
  const auto* read_only = volume.if_contains("read_only");
  return volume.at("type") == "bind" && !(read_only && read_only->is_bool() && read_only->as_bool());
}

void point_volumes_at_source(json::object& service, const fs::path& live, const fs::path& source) {
  auto* volumes = service.if_contains("volumes");
  if (!volumes || !volumes->is_array()) return;
  for (auto& volume : volumes->as_array()) {
    auto& object = volume.as_object();
    if (object.at("type") != "bind") continue;
    const auto there = shipped(std::string(object.at("source").as_string()), live, source);
    // Uploads, logs: what an app writes must outlive the release, even where git ships the directory.
    if (!is_writable_bind(object) || !fs::is_directory(there)) object["source"] = there;
  }
}

}  // namespace

std::string live_image_of(const json::object& model, const std::string& service) {
  if (const auto* image = service_of(model, service).if_contains("image"))
    return std::string(image->as_string());
  return std::string(model.at("name").as_string()) + "-" + service;
}

std::string frozen_image(const std::string& live_image, const std::string& release) {
  auto repository = live_image.substr(0, live_image.find('@'));
  const auto colon = repository.rfind(':');
  const auto slash = repository.rfind('/');
  if (colon != std::string::npos && (slash == std::string::npos || colon > slash)) repository.resize(colon);
  return repository + ":" + release;
}

std::vector<std::string> container_names_of(const json::object& model, const std::string& service) {
  const auto& object = service_of(model, service);
  if (const auto* name = object.if_contains("container_name"); name && !name->as_string().empty())
    return {std::string(name->as_string())};
  std::int64_t replicas = 1;
  if (const auto* scale = object.if_contains("scale"); scale && scale->is_number())
    replicas = scale->to_number<std::int64_t>();
  if (const auto* deploy = object.if_contains("deploy"); deploy && deploy->is_object())
    if (const auto* wanted = deploy->as_object().if_contains("replicas"); wanted && wanted->is_number())
      replicas = wanted->to_number<std::int64_t>();
  std::vector<std::string> names;
  for (std::int64_t number = 1; number <= replicas; ++number)
    names.push_back(std::string(model.at("name").as_string()) + "-" + service + "-" + std::to_string(number));
  return names;
}

std::string candidate_name(const std::string& final_name, const std::string& nonce) {
  return final_name + "-" + nonce;
}

json::object candidate_model(json::object model, const std::vector<std::string>& services,
                             const fs::path& live, const fs::path& source, const std::string& release,
                             const std::string& nonce) {
  for (const auto& name : services) {
    const auto image = frozen_image(live_image_of(model, name), release);
    auto& service = model.at("services").as_object().at(name).as_object();
    service["image"] = image;
    service.erase("container_name");
    service.erase("scale");
    if (auto* build = service.if_contains("build"); build && build->is_object())
      point_build_at_source(build->as_object(), live, source);
    point_volumes_at_source(service, live, source);
    auto& labels = service["labels"];
    if (!labels.is_object()) labels = json::object{};
    labels.as_object()[label::nonce] = nonce;
    labels.as_object()[label::release] = release;
    labels.as_object()[label::role] = "candidate";
  }
  return model;
}

std::vector<std::string> written_directories(const json::object& model,
                                             const std::vector<std::string>& services, const fs::path& live) {
  std::vector<std::string> found;
  for (const auto& name : services) {
    const auto* volumes = service_of(model, name).if_contains("volumes");
    if (!volumes || !volumes->is_array()) continue;
    for (const auto& volume : volumes->as_array()) {
      const auto& object = volume.as_object();
      if (!is_writable_bind(object)) continue;
      const auto relative = fs::path(std::string(object.at("source").as_string())).lexically_relative(live);
      if (!relative.empty() && *relative.begin() != ".." && relative != ".")
        found.push_back(relative.string());
    }
  }
  return found;
}

}  // namespace belay
