#include <fmt/core.h>

#include "drivers/docker_call.hpp"

namespace belay::docker {
namespace {

namespace json = boost::json;

/// GET /images/{reference}/json; absent is a value.
std::optional<json::object> inspected(const Exchange& call, const std::string& reference) {
  const std::string what_failed = "inspecting image " + reference + " failed";
  const Reply reply = ask(call, what_failed);
  if (reply.status == 404) return std::nullopt;
  if (!reply.ok()) throw refused(what_failed, reply);
  json::value answer = parsed(reply.body, what_failed);
  if (!answer.is_object()) throw Error(what_failed, "the Docker Engine's answer is not an object");
  return std::move(answer.get_object());
}

}  // namespace

std::optional<std::string> Engine::image_id(const std::string& reference) const {
  if (reference.empty()) return std::nullopt;
  const auto image = inspected(request("GET", "/images/" + encoded(reference) + "/json"), reference);
  if (!image) return std::nullopt;
  return text_at(*image, "Id");
}

std::vector<std::string> Engine::image_tags(const std::string& id) const {
  const auto image = inspected(request("GET", "/images/" + encoded(id) + "/json"), id);
  if (!image) return {};
  return texts_at(*image, "RepoTags");
}

std::vector<std::string> Engine::volumes_of_image(const std::string& id) const {
  std::vector<std::string> paths;
  if (const auto image = inspected(request("GET", "/images/" + encoded(id) + "/json"), id))
    for (const auto& volume : object_at(object_at(*image, "Config"), "Volumes"))
      paths.emplace_back(volume.key());
  return paths;
}

std::vector<std::string> Engine::image_digests(const std::string& reference) const {
  const auto image = inspected(request("GET", "/images/" + encoded(reference) + "/json"), reference);
  if (!image) return {};
  return texts_at(*image, "RepoDigests");
}

std::vector<std::vector<std::string>> Engine::layers_of_images() const {
  std::vector<std::vector<std::string>> images;
  const auto listed = get("/images/json");
  if (!listed.is_array()) return images;
  for (const auto& entry : listed.get_array()) {
    const auto id = entry.is_object() ? text_at(entry.get_object(), "Id") : std::string{};
    const auto image = inspected(request("GET", "/images/" + encoded(id) + "/json"), id);
    if (!image) continue;  // removed since
    images.push_back(texts_at(object_at(*image, "RootFS"), "Layers"));
  }
  return images;
}

void Engine::tag(const std::string& image, const std::string& repository, const std::string& tag) const {
  const std::string what_failed = fmt::format("tagging image {} as {}:{} failed", image, repository, tag);
  const Reply reply = ask(repeatable("POST", fmt::format("/images/{}/tag?repo={}&tag={}", encoded(image),
                                                         encoded(repository), encoded(tag))),
                          what_failed);
  if (!reply.ok()) throw refused(what_failed, reply);
}

bool Engine::untag(const std::string& reference) const {
  const std::string what_failed = "removing the image tag " + reference + " failed";
  const Reply reply = ask(repeatable("DELETE", "/images/" + encoded(reference)), what_failed);
  if (reply.ok() || reply.status == 404) return true;
  if (reply.status == 409) return false;  // a container uses it
  throw refused(what_failed, reply);
}

}  // namespace belay::docker
