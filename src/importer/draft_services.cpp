#include <algorithm>

#include <fmt/core.h>

#include "importer/command_words.hpp"
#include "importer/drafting.hpp"

namespace belay::importer {
namespace {

bool is_pushed(const ComposeService& service, const Findings& findings) {
  const std::string name = service.image.substr(0, service.image.rfind(':'));
  return !name.empty() && std::ranges::any_of(findings.pushed_images, [&](const std::string& image) {
    return image.starts_with(name) || base_name(image.substr(0, image.rfind(':'))) == base_name(name);
  });
}

void of_whole_stack(Drafting& d, const Place& at, bool as_compose) {
  Findings& findings = d.one.findings;
  const auto all = d.all_services();
  for (const ComposeService* service : all) {
    if (!(service->builds || !service->variables.empty() || is_pushed(*service, findings)) ||
        service->is_known_accessory())
      continue;
    if ((service->runs_before_others || service->never_restarts) && is_migration(service->command)) continue;
    if (service->runs_before_others || service->never_restarts)
      findings.leave(service->at, service->name,
                     "a service that runs once: belay releases services that go on running; write its "
                     "command as migrate");
    else
      d.released.push_back(service->name);
  }
  if (d.released.empty())
    for (const ComposeService* service : all)
      if (!service->is_known_accessory() && !service->runs_before_others && !service->never_restarts)
        d.released.push_back(service->name);
  if (d.released.empty() && all.size() == 1) d.released.push_back(all.front()->name);
  if (d.released.empty()) {
    if (!all.empty()) d.one.entries.push_back(gap("services", "which of the services are released"));
    return;
  }
  d.one.entries.push_back({"services", {flow(d.released)}, all.front()->at.file});
  if (as_compose && d.released.size() < all.size())
    d.one.entries.push_back(
        {"accessories", {"as-compose"}, "the others too, as the whole stack's up: " + from(at)});
}

}  // namespace

void draft_services(Drafting& d) {
  Findings& findings = d.one.findings;
  d.released.clear();
  bool whole = false;
  Place at;
  for (const ComposeCall& call : findings.compose) {
    if (call.verb == "up" && call.services.empty()) whole = true;
    if (!at.line || call.verb == "up") at = call.at;
  }
  if (whole || findings.compose.empty()) {
    of_whole_stack(d, at, whole);
    return;
  }
  std::vector<std::string> named;
  for (const ComposeCall& call : findings.compose)
    if (call.verb == "up" || call.verb == "build" || call.verb == "pull") add_new(named, call.services);
  for (const std::string& name : named) {
    const ComposeService* const known = d.service(name);
    if (!is_known(name))
      findings.leave(at, name, "which service is decided on the server");
    else if (known && (known->runs_before_others || known->never_restarts)) {
      if (std::ranges::none_of(findings.migrations,
                               [&](const MigrationFound& one) { return one.service == name; }))
        findings.migrations.push_back({at, name, "", "", false, false});
    } else if (!(known && known->is_known_accessory()))
      d.released.push_back(as_belay_text(name));
  }
  if (d.released.empty()) d.released = named;
  if (!d.released.empty()) d.one.entries.push_back({"services", {flow(d.released)}, from(at)});
}

}  // namespace belay::importer
