#include "steps/context.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "drivers/compose_files.hpp"
#include "runtime/candidate.hpp"
#include "runtime/freeze.hpp"

namespace belay {

std::string compose_file_of(const Context& context) {
  return compose::main_file_of(context.environment().compose, context.layout.source(context.release),
                               {context.layout.live / ".env"});
}

Release release_of(const Context& context) {
  auto release = context.store.find(context.release);
  if (!release) throw Error("release " + context.release + " has no release.json", {}, "deploy again");
  return std::move(*release);
}

/// By the ids they have now: one may have been made again.
static std::vector<PreviousContainer> with_new_ids(const Context& context,
                                                   std::vector<PreviousContainer> containers) {
  if (const auto restored = noted<notes::RestoredContainers>(context.ledger, StepName::switch_over))
    for (auto& container : containers)
      for (const auto& [was, id] : restored->value)
        if (container.id == was) container.id = id;
  return containers;
}

std::string id_now(const Context& context, const std::string& id) {
  return with_new_ids(context, {{.id = id}}).front().id;
}

std::vector<PreviousContainer> previous_containers(const Context& context) {
  return with_new_ids(
      context, noted<notes::PreviousContainers>(context.ledger).value_or(notes::PreviousContainers{}).value);
}

std::vector<PreviousContainer> unchanged_containers(const Context& context) {
  return with_new_ids(
      context,
      noted<notes::UnchangedContainers>(context.ledger).value_or(notes::UnchangedContainers{}).value);
}

std::vector<docker::Container> replaced_ones(const Context& context,
                                             std::vector<docker::Container> containers) {
  std::erase_if(containers,
                [&](const auto& one) { return !context.environment().is_replaced(service_of(one)); });
  return containers;
}

std::vector<PreviousContainer> replaced_ones(const Context& context,
                                             std::vector<PreviousContainer> containers) {
  std::erase_if(containers, [&](const auto& one) { return !context.environment().is_replaced(one.service); });
  return containers;
}

std::optional<PreviousContainer> previous_edge(const Context& context) {
  const auto edges = noted<notes::PreviousEdge>(context.ledger);
  if (!edges || edges->value.empty()) return std::nullopt;
  return with_new_ids(context, edges->value).front();
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
  return noted<notes::EdgeStays>(context.ledger).has_value();
}

std::vector<std::string> unchanged_services(const Context& context) {
  return noted<notes::UnchangedServices>(context.ledger).value_or(notes::UnchangedServices{}).value;
}

bool something_served(const Context& context) {
  return !unchanged_services(context).empty() ||
         std::ranges::any_of(previous_containers(context), &PreviousContainer::running);
}

std::vector<docker::Container> made_by_this_attempt(const Context& context, const std::string& role) {
  return made_by(context.attempt(), role);
}

std::vector<docker::Container> candidates_of(const Context& context) {
  const auto release = context.store.find(context.release);
  return release ? candidates_of(context, *release) : made_by_this_attempt(context, "candidate");
}

std::vector<docker::Container> candidates_of(const Context& context, const Release& release) {
  auto candidates = made_by_this_attempt(context, "candidate");
  const auto order = in_order_of_start(release);
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
