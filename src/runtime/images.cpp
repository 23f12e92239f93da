#include "runtime/images.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.hpp"
#include "model/image_name.hpp"

namespace belay {

namespace {

using From = ImageNeed::From;

std::string last_line_of(const Error& error) {
  const auto words = error.message_and_why();
  return words.substr(words.rfind('\n') + 1);
}

std::string short_id(const std::string& id) {
  return id.substr(0, id.find(':') + 13);
}

bool is_due(const ImageWork& work, const ImageNeed& need) {
  const auto last = work.last_asked(need.service);
  return !last || now() - *last >= need.older_than;
}

bool asks_registry(const ImageWork& work, const ImageNeed& need, bool is_here) {
  switch (need.from) {
    case From::build:
    case From::shared:
    case From::here:
      return false;
    case From::pull:
    case From::look:
      return true;
    case From::refresh:
      return !is_here || is_due(work, need);
    case From::missing:
      return !is_here;
  }
  return false;
}

/// In the registries' words: what they say of a name they do not have, and of a user who may not have it.
bool may_want_a_login(const std::string& words) {
  for (const auto* said : {"denied", "unauthorized", "no basic auth", "authentication required"})
    if (words.contains(said)) return true;
  return false;
}

Error explained(const Error& failure, const std::string& image) {
  auto next = "try it on the server: docker pull " + image;
  if (may_want_a_login(failure.why()))
    next = fmt::format(
        "see whether the name is right. A private registry wants a login: registries: {{ {}: {{ user: …, "
        "password: … }} }} in belay.yml, or docker login on the server",
        image_name(image).registry);
  return Error(failure.message(), failure.why(), next, failure.exit_code());
}

/// What compose would use all the same, if this one only looked for something newer.
void pull_or_use_what_is_here(const ImageWork& work, const ImageNeed& need, bool is_here) {
  try {
    work.pull(need.service);
  } catch (const Error& error) {
    if (need.from != From::look || !is_here) throw explained(error, need.image);
    work.say(
        fmt::format("not pulled: the registry did not give {}, so the image on the server is used "
                    "({})",
                    need.image, last_line_of(error)));
  }
}

void require_here(const ImageNeed& need) {
  if (need.from == From::here)
    throw Error(fmt::format("the image of service {} is not here", need.service),
                fmt::format("{} is not on this server, and its pull_policy is never", need.image),
                "bring it there (docker load, docker build), or change pull_policy");
  throw Error(fmt::format("the image of service {} is not here", need.service),
              fmt::format("{} was pulled, and the Engine does not have it", need.image),
              "run docker pull by hand to see more");
}

}  // namespace

std::vector<std::string> bring_images(const ImageWork& work, const std::vector<ImageNeed>& needs) {
  std::vector<std::string> asked;
  for (const auto& need : needs) {
    if (need.from == From::build || need.from == From::shared) continue;
    const auto before = work.engine.image_id(need.image);
    if (asks_registry(work, need, before.has_value())) {
      pull_or_use_what_is_here(work, need, before.has_value());
      asked.push_back(need.service);
      const auto after = work.engine.image_id(need.image);
      if (after && before == after)
        work.say(fmt::format("nothing new: {} is still {}", need.image, short_id(*after)));
      else if (after)
        work.say(fmt::format("pulled {}: {}", need.image, short_id(*after)));
    } else if (need.from == From::missing && before && image_name(need.image).moving())
      work.say(fmt::format("not pulled: {} is here, and compose asks again only with pull_policy: always",
                           need.image));
    if (!work.engine.image_id(need.image)) require_here(need);
  }
  return asked;
}

std::string digest_of(const docker::Engine& engine, const std::string& image, const std::string& kept) {
  const auto wanted = image_name(image);
  std::string any;
  for (const auto& digest : engine.image_digests(kept)) {
    const auto name = image_name(digest);
    if (name.registry == wanted.registry && name.repository == wanted.repository) return digest;
    if (any.empty()) any = digest;
  }
  return any;
}

std::vector<std::string> nothing_new(const std::map<std::string, std::string>& ids,
                                     const std::optional<Release>& before) {
  std::vector<std::string> lines;
  if (!before) return lines;
  for (const auto& service : before->services)
    if (const auto now = ids.find(service.name); now != ids.end() && now->second == service.image_id)
      lines.push_back(fmt::format("nothing new: the image of {} is the same as before", service.name));
  return lines;
}

}  // namespace belay
