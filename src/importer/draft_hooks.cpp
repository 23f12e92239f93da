#include <algorithm>
#include <map>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "importer/command_words.hpp"
#include "importer/drafting.hpp"

namespace belay::importer {
namespace {

const std::initializer_list<const char*> points = {"before_backup", "before_switch",  "after_switch",
                                                   "after_commit",  "after_rollback", "on_failure"};

/// The proxy looks up its upstream's address only once, and the new container has another.
bool makes_proxy_look_again(const Drafting& d, const HookFound& found) {
  const ComposeService* const service = d.service(found.service);
  const bool restarts = found.command.find("docker") != std::string::npos &&
                        found.command.find(" restart ") != std::string::npos;
  return restarts ||
         (service && service->is_known_accessory() && found.command.find("reload") != std::string::npos) ||
         found.command.find("nginx -s reload") != std::string::npos;
}

bool is_in_container(const HookFound& found) {
  return !found.command.starts_with("docker ") && !found.command.starts_with("sudo docker ") &&
         !(found.service.empty() && found.container.empty());
}

std::string point_of(const Drafting& d, const HookFound& found) {
  if (found.on_controller) return found.when == HookFound::When::before ? "before_backup" : "after_commit";
  const bool container = is_in_container(found);
  if (found.when == HookFound::When::before) {
    // In a released service's own container that is the one that serves now.
    const bool serves_now = container && !found.in_new_container && d.releases(found.service);
    return serves_now ? "before_backup" : "before_switch";
  }
  if (makes_proxy_look_again(d, found)) return "after_switch";
  return container && found.when == HookFound::When::after ? "after_switch" : "after_commit";
}

std::string hook_text(const Drafting& d, const HookFound& found, const std::string& point) {
  const bool container = is_in_container(found);
  std::string command = as_belay_text(found.command);
  if (!container && !found.directory.empty() && found.directory != d.directory) {
    const auto inner = below(d.directory, found.directory);
    command = fmt::format("cd {} && {}", as_belay_text(inner && !inner->empty() ? *inner : found.directory),
                          command);
  }
  const bool may_fail =
      found.failure_is_hidden && one_of(point, {"before_backup", "before_switch", "after_switch"});
  return fmt::format("  - {{ {}, run: {}{} }}",
                     container             ? "in: " + scalar(as_belay_text(found.service))
                     : found.on_controller ? std::string("on: controller")
                                           : std::string("on: host"),
                     scalar(command), may_fail ? ", required: false" : "");
}

}  // namespace

void draft_hooks(Drafting& d) {
  std::map<std::string, std::vector<std::string>> hooks;
  std::vector<std::string> places;
  for (HookFound found : d.one.findings.hooks) {
    if (const ComposeService* const owner =
            found.service.empty() ? d.with_container(found.container) : nullptr)
      found.service = owner->name;
    if (!found.container.empty() && found.service.empty() && is_in_container(found)) {
      d.one.findings.leave(
          found.at, found.command,
          "no service with the container " + found.container + " was found: write it as a hook by hand");
      continue;
    }
    if (!is_in_container(found) && d.releases(found.service)) {
      d.one.findings.leave(found.at, found.command, "belay starts the new container itself");
      continue;
    }
    const std::string point = point_of(d, found);
    add_new(hooks[point], {hook_text(d, found, point)});
    if (point == "after_switch" && makes_proxy_look_again(d, found))
      add_new(hooks["after_rollback"], {hook_text(d, found, "after_rollback")});
    add_new(places, {from(found.at)});
    if (point == "before_backup" && !found.on_controller)
      d.one.findings.leave(found.at, found.command,
                           "a release that fails does not take this back: write what does under on_failure");
    // Out of the maintenance mode again, however the deployment ends.
    if (found.command.ends_with("artisan up"))
      add_new(hooks["on_failure"], {hook_text(d, found, "on_failure")});
  }
  if (hooks.empty()) return;
  std::vector<std::string> lines;
  for (const char* const point : points)
    if (const auto found = hooks.find(point); found != hooks.end()) {
      lines.push_back(std::string(point) + ":");
      lines.insert(lines.end(), found->second.begin(), found->second.end());
    }
  d.add({"hooks", lines, fmt::format("{}", fmt::join(places, ", "))});
}

}  // namespace belay::importer
