#include "runtime/ownership.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "base/files.hpp"
#include "model/labels.hpp"
#include "runtime/attempt.hpp"

namespace belay {

namespace {

bool is_of_compose(const docker::Container& container) {
  return container.labels.contains(compose_label::config_hash);
}

fs::path resolved(const fs::path& path) {
  std::error_code not_there;
  auto found = fs::weakly_canonical(path, not_there);
  return not_there ? path.lexically_normal() : found;
}

bool is_within(const fs::path& path, const fs::path& directory) {
  const auto relative = path.lexically_relative(directory);
  return !relative.empty() && *relative.begin() != "..";
}

bool is_edge(const docker::Container& container) {
  return label_of(container, label::role) == "edge";
}

std::string owner_of(const docker::Container& container) {
  const auto project = label_of(container, compose_label::project);
  if (project.empty() || !is_of_compose(container)) return "made without compose";
  return fmt::format("of compose project {} in {}", project, label_of(container, compose_label::directory));
}

}  // namespace

std::vector<docker::Container> made_by(const Attempt& attempt, const std::string& role) {
  return attempt.engine.containers(
      {std::string(label::nonce) + "=" + attempt.nonce, std::string(label::role) + "=" + role});
}

std::string label_of(const docker::Container& container, const std::string& label) {
  const auto found = container.labels.find(label);
  return found == container.labels.end() ? std::string{} : found->second;
}

std::string service_of(const docker::Container& container) {
  return label_of(container, compose_label::service);
}

Ownership::Ownership(const docker::Engine& engine, std::string project, const Layout& layout,
                     const fs::path& directory)
    : engine_(engine),
      project_(std::move(project)),
      directories_{resolved(directory), resolved(layout.live)},
      shares_project_(!is_within(directory, layout.live) &&
                      !is_within(directories_.front(), directories_.back())) {}

Ownership Ownership::of(const docker::Engine& engine, const Layout& layout, const Release& release) {
  return {engine, project_of(release), layout, release.directory.empty() ? layout.live : release.directory};
}

bool Ownership::is_ours(const docker::Container& container) const {
  if (shares_project_ && is_edge(container)) return false;
  return is_of_compose(container) && label_of(container, compose_label::project) == project_ &&
         std::ranges::find(directories_, resolved(label_of(container, compose_label::directory))) !=
             directories_.end();
}

bool Ownership::is_our_edge(const docker::Container& container) const {
  return !shares_project_ && is_edge(container) && label_of(container, compose_label::project) == project_ &&
         std::ranges::find(directories_, resolved(label_of(container, compose_label::directory))) !=
             directories_.end();
}

std::vector<docker::Container> Ownership::containers(const std::string& service) const {
  std::vector<std::string> labels{fmt::format("{}={}", compose_label::project, project_),
                                  fmt::format("{}=False", compose_label::oneoff)};
  if (!service.empty()) labels.push_back(fmt::format("{}={}", compose_label::service, service));
  auto found = engine_.containers(labels);
  std::erase_if(found, [&](const docker::Container& container) { return !is_ours(container); });
  return found;
}

std::vector<std::string> Ownership::conflicts(const std::vector<std::string>& wanted_names) const {
  std::vector<std::string> sentences;
  for (const auto& container : engine_.containers({fmt::format("{}={}", compose_label::project, project_)}))
    if (is_of_compose(container) && !is_ours(container))
      sentences.push_back(fmt::format("container {} is {}", container.name, owner_of(container)));
  for (const auto& name : wanted_names)
    if (const auto container = engine_.container_named(name);
        container && !is_ours(*container) &&
        (!is_of_compose(*container) || label_of(*container, compose_label::project) != project_))
      sentences.push_back(fmt::format("the name {} has a container {} (image {})", name, owner_of(*container),
                                      container->image));
  return sentences;
}

}  // namespace belay
