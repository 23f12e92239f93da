#include "runtime/obstacles.hpp"

#include <algorithm>
#include <set>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/nearest.hpp"
#include "model/hook_json.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/edge_fit.hpp"
#include "runtime/resource_changes.hpp"
#include "runtime/unreleasable.hpp"

namespace belay {

namespace {

bool has(const docker::Container& container, const HostPort& port) {
  return std::ranges::any_of(container.published, [&](const HostPort& one) { return collide(one, port); });
}

bool has_all_of(const docker::Container& container, const HostPort& port) {
  return std::ranges::any_of(container.published, [&](const HostPort& one) { return includes(one, port); });
}

/// Who holds the port; empty: it is free, or one of our own containers has it. The Engine listens for each
/// port that a container publishes: what listens where our own are is the Engine.
std::string holder_of(const HostPort& port, const std::vector<docker::Container>& others,
                      const std::vector<docker::Container>& own, const std::vector<HostPort>& listening) {
  const auto other =
      std::ranges::find_if(others, [&](const docker::Container& one) { return has(one, port); });
  if (other != others.end()) return "container " + other->name;
  if (std::ranges::any_of(own, [&](const docker::Container& one) { return has_all_of(one, port); }))
    return "";
  const bool is_taken = std::ranges::any_of(listening, [&](const HostPort& heard) {
    return collide(heard, port) &&
           std::ranges::none_of(own, [&](const docker::Container& one) { return has(one, heard); });
  });
  return is_taken ? "another program" : "";
}

std::vector<std::string> container_names(const boost::json::object& model,
                                         const std::vector<std::string>& services) {
  std::vector<std::string> names;
  for (const auto& service : services)
    for (auto& name : container_names_of(model, service)) names.push_back(std::move(name));
  return names;
}

std::vector<std::string> taken_ports(const docker::Engine& engine, const Ownership& ours,
                                     const std::vector<PortChoice>& wanted) {
  if (wanted.empty()) return {};
  auto others = engine.containers({});
  const auto own = std::ranges::partition(
      others, [&](const docker::Container& one) { return !ours.is_ours(one) && !ours.is_our_edge(one); });
  return ports_of_others(wanted, {others.begin(), own.begin()}, {own.begin(), own.end()}, listening_ports());
}

std::vector<Obstacle> names_others_have(const Ownership& ours, const std::vector<std::string>& names) {
  const auto conflicts = ours.conflicts(names);
  if (conflicts.empty()) return {};
  return {{"project",
           fmt::format("project {} collides with containers of another owner:\n{}", ours.project(),
                       fmt::join(conflicts, "\n")),
           conflicts_remedy}};
}

std::vector<Obstacle> ports_others_have(const docker::Engine& engine, const Ownership& ours,
                                        const std::vector<PortChoice>& ports) {
  const auto taken = taken_ports(engine, ours, ports);
  if (taken.empty()) return {};
  return {{"ports", fmt::format("taken by others: {}", fmt::join(taken, "; ")),
           "stop what holds them, or publish other ports in the compose file"}};
}

}  // namespace

std::vector<std::string> ports_of_others(const std::vector<PortChoice>& wanted,
                                         const std::vector<docker::Container>& others,
                                         const std::vector<docker::Container>& own,
                                         const std::vector<HostPort>& listening) {
  std::vector<std::string> taken;
  for (const auto& choice : wanted) {
    std::set<std::string> holders;
    for (const auto& port : choice) holders.insert(holder_of(port, others, own, listening));
    if (choice.empty() || holders.contains("")) continue;
    const auto ports = choice.size() == 1
                           ? shown(choice.front())
                           : fmt::format("all of {} to {}", shown(choice.front()), shown(choice.back()));
    taken.push_back(fmt::format("{} by {}", ports, fmt::join(holders, " and ")));
  }
  return taken;
}

std::vector<Obstacle> obstacles_to_containers(const docker::Engine& engine, const Ownership& ours,
                                              const std::vector<ReleasedService>& services) {
  std::vector<std::string> names;
  for (const auto& service : services) std::ranges::copy(service.container_names, std::back_inserter(names));
  auto found = names_others_have(ours, names);
  std::ranges::move(ports_others_have(engine, ours, wanted_ports(services)), std::back_inserter(found));
  return found;
}

std::vector<Obstacle> obstacles_to(const docker::Engine& engine, const Ownership& ours,
                                   const boost::json::object& model,
                                   const std::vector<std::string>& services) {
  auto found = names_others_have(ours, container_names(model, services));
  for (const auto& service : services)
    for (auto& obstacle : ports_others_have(engine, ours, wanted_ports(model, {service}))) {
      obstacle.key = {"services", service, "ports"};
      found.push_back(std::move(obstacle));
    }
  for (auto& obstacle : left_behind_edge(ours, model, services)) found.push_back(std::move(obstacle));
  for (auto& obstacle : unusable_resources(engine, model, services)) found.push_back(std::move(obstacle));
  return found;
}

std::vector<Obstacle> obstacles_of_strategy(const EnvironmentConfig& environment,
                                            const boost::json::object& model,
                                            const std::vector<std::string>& services) {
  std::vector<Obstacle> found;
  for (const auto& service : environment.replaced) {
    if (std::ranges::find(services, service) == services.end())
      found.push_back({"strategy", fmt::format("{} is not a released service", service),
                       fmt::format("released are: {}", fmt::join(services, ", "))});
    else if (environment.is_replaced(service) && !published_ports(model, {service}).empty())
      found.push_back(
          {"strategy",
           fmt::format("{} publishes a port, which the edge owns and turns together with all other ports",
                       service),
           "let it publish no port, or write strategy: recreate for all services"});
  }
  return found;
}

std::vector<Obstacle> obstacles_of_hooks(const Ownership& ours, const EnvironmentConfig& environment,
                                         const boost::json::object& model) {
  const auto services = services_in(model);
  std::vector<Obstacle> found;
  for (const auto& hook : environment.hooks) {
    const bool known = hook.where != Hook::Where::container ||
                       std::ranges::find(services, hook.service) != services.end() ||
                       !ours.containers(hook.service).empty();  // one that only a profile brings in
    if (known) continue;
    const auto meant = nearest(hook.service, services);
    found.push_back(
        {"hooks",
         fmt::format("{} names '{}', which is no service of the compose project", name_of(hook.at),
                     hook.service),
         fmt::format("{}the services are: {}", meant ? fmt::format("did you mean '{}'? ", *meant) : "",
                     fmt::join(services, ", "))});
  }
  return found;
}

std::vector<Obstacle> obstacles_to_release(const docker::Engine& engine, const Ownership& ours,
                                           const ReleaseProject& project,
                                           const EnvironmentConfig& environment,
                                           const boost::json::object& model,
                                           const std::vector<std::string>& services) {
  auto found = obstacles_to(engine, ours, model, services);
  std::ranges::move(obstacles_of_strategy(environment, model, services), std::back_inserter(found));
  std::ranges::move(obstacles_of_hooks(ours, environment, model), std::back_inserter(found));
  if (environment.edge) {
    std::ranges::move(unfit_for_edge(model, services), std::back_inserter(found));
    std::ranges::move(unpublished_for_edge(*environment.edge, model, services), std::back_inserter(found));
    std::ranges::move(undeclared_ports(engine, ours, model, services), std::back_inserter(found));
  }
  std::ranges::move(unreleasable_keys(model, services), std::back_inserter(found));
  for (auto& obstacle : found)
    if (!obstacle.key.empty()) obstacle.place = project.place_in_files(obstacle.key);
  return found;
}

void require_no_obstacles(const std::vector<Obstacle>& obstacles, const std::string& what_failed) {
  if (obstacles.empty()) return;
  std::vector<std::string> what, remedies;
  for (const auto& obstacle : obstacles) {
    what.push_back(fmt::format("{}: {}", obstacle.subject, text_of(obstacle)));
    remedies.push_back(obstacle.remedy);
  }
  throw Error(what_failed, fmt::format("{}", fmt::join(what, "\n")),
              fmt::format("{}", fmt::join(remedies, "\n")), ExitCode::bad_input);
}

}  // namespace belay
