#include "runtime/image_needs.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/error.hpp"
#include "model/config_values.hpp"
#include "model/image_name.hpp"
#include "model/json_parts.hpp"
#include "runtime/compose_model.hpp"

namespace belay {

namespace json = boost::json;

namespace {

using From = ImageNeed::From;

/// every_12h, every_1w2d: compose's durations have weeks and days, ours have days.
std::optional<std::chrono::milliseconds> period_of(std::string_view policy) {
  constexpr auto day = std::chrono::hours(24);
  if (policy == "daily") return day;
  if (policy == "weekly") return 7 * day;
  if (!policy.starts_with("every_")) return std::nullopt;
  policy.remove_prefix(6);
  std::chrono::milliseconds weeks{};
  if (const auto w = policy.find('w'); w != std::string_view::npos) {
    const auto count = whole_number_value(policy.substr(0, w));
    if (!count || *count < 0 || *count > 1000) return std::nullopt;
    weeks = *count * 7 * day;
    policy.remove_prefix(w + 1);
    if (policy.empty()) return weeks;
  }
  const auto rest = duration_value(policy);
  return rest ? std::optional(weeks + *rest) : std::nullopt;
}

void decide_pull(ImageNeed& need, const std::string& policy, BuildRule::At at, bool is_built_elsewhere) {
  const auto name = image_name(need.image);
  if (policy == "always") {
    need.from = From::pull;
  } else if (policy == "never") {
    need.from = From::here;
  } else if (const auto period = period_of(policy)) {
    need.from = From::refresh;
    need.older_than = *period;
  } else if (policy == "missing" || policy == "if_not_present") {
    need.from = From::missing;
  } else if (!policy.empty() && policy != "build") {
    throw Error(
        fmt::format("service {} has a pull_policy that belay does not know: {}", need.service, policy), {},
        "always, daily, weekly, every_<time>, missing, if_not_present, never and build are known");
  } else if (at == BuildRule::At::image && name.moving()) {
    need.from = is_built_elsewhere ? From::pull : From::look;
  } else {
    need.from = From::missing;
  }
}

void replace(std::string& text, std::string_view word, const std::string& by, const std::string& service) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size())) {
    if (by.empty())
      throw Error(
          fmt::format("the image of service {} names {}, but what is shipped has none", service, word),
          "it is no commit of a git repository", "deploy a commit, or name another image");
    text.replace(at, word.size(), by);
  }
}

}  // namespace

std::vector<ImageNeed> image_needs(const json::object& model, const std::vector<std::string>& services,
                                   BuildRule::At at) {
  std::vector<ImageNeed> needs;
  for (const auto& service : services) {
    const auto& defined = model.at("services").at(service).as_object();
    ImageNeed need{.service = service, .image = live_image_of(model, service)};
    if (defined.contains("build") && at != BuildRule::At::image) {
      need.from = From::build;
    } else {
      if (!defined.contains("image"))
        throw Error(fmt::format("service {} names no image that could be pulled", service),
                    "belay.yml says build: image, and the service has a build: section alone",
                    "give it an image: in the compose file", ExitCode::bad_input);
      decide_pull(need, text_at(defined, "pull_policy"), at, defined.contains("build"));
    }
    needs.push_back(std::move(need));
  }
  for (auto& need : needs) {
    if (need.from == From::build) continue;
    const auto builder = std::ranges::find_if(needs, [&](const ImageNeed& other) {
      return other.from == From::build && image_name(other.image) == image_name(need.image);
    });
    if (builder == needs.end()) continue;
    need.from = From::shared;
    need.shared_with = builder->service;
  }
  return needs;
}

json::object pull_model(const json::object& model, const std::vector<ImageNeed>& needs) {
  json::object services;
  for (const auto& need : needs) {
    if (need.from == From::build || need.from == From::shared) continue;
    json::object service{{"image", need.image}};
    if (const auto* platform = service_in(model, need.service).if_contains("platform"))
      service["platform"] = *platform;
    services[need.service] = std::move(service);
  }
  return {{"name", project_name_in(model)}, {"services", std::move(services)}};
}

bool has_words(std::string_view image) {
  return image.contains("{commit}") || image.contains("{version}");
}

void replace_words(json::object& model, const ImageWords& words) {
  auto* services = model.if_contains("services");
  if (services == nullptr || !services->is_object()) return;
  for (auto& item : services->get_object()) {
    auto* image = item.value().as_object().if_contains("image");
    if (image == nullptr || !image->is_string()) continue;
    std::string text(image->get_string());
    replace(text, "{commit}", words.commit, std::string(item.key()));
    replace(text, "{version}", words.version, std::string(item.key()));
    *image = text;
  }
}

}  // namespace belay
