#include "saga/what_is_off.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "base/files.hpp"
#include "edge/container.hpp"
#include "release/release_store.hpp"
#include "runtime/adoption.hpp"
#include "runtime/ownership.hpp"

namespace belay {

namespace {

/// Counts those that run in `on`.
std::vector<std::string> off_in_service(const docker::Engine& engine, const ReleasedService& service,
                                        const std::vector<docker::Container>& containers, int& on) {
  std::vector<std::string> off;
  if (goes_on_for_ever(service) && containers.size() < service.container_names.size())
    off.push_back(containers.empty() ? fmt::format("{} has no container", service.name)
                                     : fmt::format("{} has {} of {} containers", service.name,
                                                   containers.size(), service.container_names.size()));
  for (const auto& container : containers) {
    const auto found = engine.inspect(container.id);
    if (found && found->container.on()) ++on;
    if (!found || !is_part_of_what_serves(*found))
      off.push_back(fmt::format("{} is {}", container.name, found ? found->container.state : "gone"));
  }
  return off;
}

/// A release that stands behind an edge has left the edge's files.
std::vector<std::string> off_in_edge(const docker::Engine& engine, const Layout& layout,
                                     const Ownership& ours) {
  if (!fs::is_directory(layout.edge()) || fs::is_empty(layout.edge())) return {};
  auto edges = edges_of(engine, ours.project());
  std::erase_if(edges, [&](const docker::Container& edge) { return !ours.is_our_edge(edge); });
  if (edges.empty()) return {"its edge has no container"};
  if (std::ranges::any_of(edges, &docker::Container::on)) return {};
  return {fmt::format("its edge {} is {}", edges.front().name, edges.front().state)};
}

}  // namespace

std::vector<std::string> what_is_off(const docker::Engine& engine, const Layout& layout,
                                     const Release& release) {
  const auto ours = Ownership::of(engine, layout, release);
  std::vector<std::string> off;
  int on = 0;
  for (const auto& service : release.services)
    std::ranges::move(off_in_service(engine, service, ours.containers(service.name), on),
                      std::back_inserter(off));
  std::ranges::move(off_in_edge(engine, layout, ours), std::back_inserter(off));
  if (off.empty() && on == 0 && std::ranges::any_of(release.services, goes_on_for_ever))
    off.emplace_back("none of its containers runs");
  return off;
}

std::vector<std::string> what_of_current_is_off(const Layout& layout) {
  const ReleaseStore store(layout);
  const auto current = store.find(store.current());
  return current ? what_is_off(docker::Engine::connect(), layout, *current) : std::vector<std::string>{};
}

}  // namespace belay
