#include "steps/context.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "base/error.hpp"
#include "drivers/compose_files.hpp"
#include "runtime/candidate.hpp"
#include "runtime/freeze.hpp"

namespace belay {

namespace {

std::vector<PreviousContainer> noted_containers(const Context& context, const std::string& key) {
  std::vector<PreviousContainer> found;
  const auto noted = context.ledger.noted(StepName::create, key);
  if (!noted) return found;
  for (const auto& item : noted->as_array()) {
    const auto& object = item.as_object();
    found.push_back({.id = std::string(object.at("id").as_string()),
                     .name = std::string(object.at("name").as_string()),
                     .service = std::string(object.at("service").as_string()),
                     .running = object.at("running").as_bool(),
                     .restart_policy = std::string(object.at("restart_policy").as_string()),
                     .restart_maximum = object.at("restart_maximum").to_number<int>()});
  }
  return found;
}

}  // namespace

std::string compose_file_of(const Context& context) {
  return compose::main_file_of(context.environment().compose, context.layout.source(context.release),
                               {context.layout.live / ".env"});
}

Release release_of(const Context& context) {
  auto release = context.store.find(context.release);
  if (!release) throw Error("release " + context.release + " has no release.json", {}, "deploy again");
  return std::move(*release);
}

std::vector<PreviousContainer> previous_containers(const Context& context) {
  return noted_containers(context, "previous_containers");
}

std::optional<PreviousContainer> previous_edge(const Context& context) {
  const auto noted = noted_containers(context, "previous_edge");
  if (noted.empty()) return std::nullopt;
  return noted.front();
}

std::vector<docker::Container> previous_behind_edge(const Context& context) {
  std::vector<docker::Container> found;
  for (const auto& previous : previous_containers(context))
    if (auto inspection = context.engine.inspect(previous.id);
        inspection && inspection->container.labels.contains(label::host))
      found.push_back(std::move(inspection->container));
  return found;
}

bool edge_stays(const Context& context) {
  return context.ledger.noted(StepName::edge, "stays").has_value();
}

std::vector<std::string> unchanged_services(const Context& context) {
  std::vector<std::string> names;
  if (const auto noted = context.ledger.noted(StepName::create, "unchanged"))
    for (const auto& name : noted->as_array()) names.emplace_back(name.as_string());
  return names;
}

bool something_served(const Context& context) {
  return !unchanged_services(context).empty() ||
         std::ranges::any_of(previous_containers(context), &PreviousContainer::running);
}

std::vector<docker::Container> made_by_this_attempt(const Context& context, const std::string& role) {
  return made_by(context.attempt(), role);
}

std::vector<docker::Container> candidates_of(const Context& context) {
  auto candidates = made_by_this_attempt(context, "candidate");
  const auto release = context.store.find(context.release);
  if (!release) return candidates;
  const auto order = in_order_of_start(*release);
  std::ranges::stable_sort(candidates, {}, [&](const docker::Container& candidate) {
    return std::ranges::find(order, service_of(candidate), [](const auto* service) { return service->name; });
  });
  return candidates;
}

std::vector<std::string> may_end(const std::vector<docker::Container>& candidates, const Release& release) {
  std::vector<std::string> ids;
  for (const auto& candidate : candidates) {
    const auto service = std::ranges::find(release.services, service_of(candidate), &ReleasedService::name);
    if (service == release.services.end() || service->containers.empty()) continue;
    const auto policy = restart_policy_of(service->containers.front()).name;
    if (policy == "no" || policy == "on-failure") ids.push_back(candidate.id);
  }
  return ids;
}

std::vector<std::string> ids_of(const std::vector<docker::Container>& containers) {
  std::vector<std::string> ids;
  ids.reserve(containers.size());
  for (const auto& container : containers) ids.push_back(container.id);
  return ids;
}

}  // namespace belay
