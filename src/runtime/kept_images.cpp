#include "runtime/kept_images.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "runtime/compose_model.hpp"

namespace belay {

namespace {

void name_again(const docker::Engine& engine, const ReleasedService& service) {
  const auto [repository, tag] = repository_and_tag(service.frozen_image);
  engine.tag(service.image_id, repository, tag);
}

std::string listed(const std::vector<LostImage>& lost) {
  std::vector<std::string> words;
  for (const auto& one : lost) words.push_back(fmt::format("{} ({})", one.service, one.image));
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

std::vector<LostImage> lost_images(const docker::Engine& engine, const Release& release) {
  std::vector<LostImage> lost;
  for (const auto& service : release.services)
    if (!service.frozen_image.empty() && !engine.image_id(service.frozen_image) &&
        (service.image_id.empty() || !engine.image_id(service.image_id)))
      lost.push_back({service.name, service.frozen_image, service.digest});
  return lost;
}

std::string said_of(const std::vector<LostImage>& lost) {
  if (lost.empty()) return {};
  auto gone = lost;
  std::erase_if(gone, [](const LostImage& one) { return !one.digest.empty(); });
  if (gone.empty())
    return fmt::format("the image of {} was removed: a rollback pulls it again", listed(lost));
  return fmt::format("belay cannot roll back to it: the image of {} was removed", listed(gone));
}

std::map<std::string, std::string> what_is_lost(const docker::Engine& engine,
                                                const std::vector<Release>& releases) {
  std::map<std::string, std::string> lost;
  for (const auto& release : releases) {
    if (release.state != Release::State::good) continue;  // never gone back to
    if (auto said = said_of(lost_images(engine, release)); !said.empty())
      lost.emplace(release.id, std::move(said));
  }
  return lost;
}

void bring_back_images(const docker::Engine& engine, const Release& release,
                       const std::function<void(const LostImage&)>& pull,
                       const std::function<void(const std::string& line)>& say) {
  const auto lost = lost_images(engine, release);
  if (std::ranges::any_of(lost, [](const LostImage& one) { return one.digest.empty(); }))
    throw Error("release " + release.id + " cannot be brought back", said_of(lost),
                "the image was removed on the host (docker image prune -a?); deploy that commit again");
  for (const auto& one : lost) {
    say(fmt::format("the image of {} was removed from this server: {} is pulled again", one.service,
                    one.digest));
    pull(one);
  }
  for (const auto& service : release.services) {
    if (service.frozen_image.empty() || engine.image_id(service.frozen_image)) continue;
    if (!engine.image_id(service.image_id))
      throw Error(fmt::format("the image of service {} is not the one it was", service.name),
                  fmt::format("{} was pulled, but its id is not {}", service.digest, service.image_id),
                  "deploy that commit again");
    name_again(engine, service);
  }
}

}  // namespace belay
