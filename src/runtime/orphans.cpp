#include "runtime/orphans.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "model/labels.hpp"
#include "runtime/attempt.hpp"
#include "runtime/compose_model.hpp"

namespace belay {

std::vector<std::string> orphans(const Ownership& ours, const boost::json::object& model,
                                 const std::optional<Release>& current) {
  std::vector<std::string> sentences;
  if (ours.shares_project()) return sentences;  // they may be another environment's
  const auto known = services_in(model);
  for (const auto& container : ours.containers()) {
    const auto service = service_of(container);
    if (!container.on() || container.labels.contains(label::nonce) ||
        std::ranges::find(known, service) != known.end())
      continue;
    if (current &&
        std::ranges::find(current->services, service, &ReleasedService::name) != current->services.end())
      continue;
    sentences.push_back(fmt::format(
        "{} runs for service {}, which the compose file does not have: it goes on running, as after "
        "`docker compose up`; `docker compose up --remove-orphans` or `docker rm -f {}` ends it",
        container.name, service, container.name));
  }
  return sentences;
}

}  // namespace belay
