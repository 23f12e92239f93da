#include <algorithm>

#include <fmt/core.h>

#include "importer/command_words.hpp"
#include "importer/drafting.hpp"

namespace belay::importer {

namespace {

bool runs_once(const ComposeService& service) {
  return service.runs_before_others || service.never_restarts;
}

// The released service with the same image; empty: there is none.
std::string released_sibling(const Drafting& d, const ComposeService* service) {
  if (!service || service->made_of.empty()) return "";
  for (const std::string& name : d.released)
    if (const ComposeService* const other = d.service(name); other && other->made_of == service->made_of)
      return name;
  return "";
}

// A service that runs once and migrates is a migration of the service that it shares the image with.
void add_one_shots(Drafting& d, std::vector<MigrationFound>& all) {
  for (const ComposeService* const service : d.all_services())
    if (runs_once(*service) && is_migration(service->command) &&
        std::ranges::none_of(all, [&](const MigrationFound& one) { return one.service == service->name; }))
      all.push_back({service->at, service->name, "", "", false, false});
}

// Where the migration runs: false if nobody can say.
bool settle_service(Drafting& d, MigrationFound& found) {
  if (const ComposeService* const owner = found.service.empty() ? d.with_container(found.container) : nullptr)
    found.service = owner->name;
  const ComposeService* const service = d.service(found.service);
  if (found.command.empty() && service) found.command = service->command;
  if (found.service.empty() || d.released.empty() || d.releases(found.service)) return true;
  found.service = released_sibling(d, service);
  return !found.service.empty();
}

std::string line_of(const Drafting& d, const MigrationFound& found) {
  const std::string command = scalar(as_belay_text(found.command));
  if (d.releases(found.service) && d.released.size() > 1)
    return fmt::format("{{ service: {}, run: {} }}", scalar(found.service), command);
  return command;
}

}  // namespace

void draft_migrations(Drafting& d) {
  Findings& findings = d.one.findings;
  std::vector<MigrationFound> all = findings.migrations;
  add_one_shots(d, all);
  std::vector<std::string> lines, unsettled;
  Place at;
  for (MigrationFound found : all) {
    const std::string named = found.service.empty() ? found.container : found.service;
    const bool settled = settle_service(d, found);
    if (found.command.empty()) {
      findings.leave(found.at, "run " + named, "a service that runs once: write its command as migrate");
      continue;
    }
    if (!is_known(found.command)) {
      findings.leave(found.at, found.command, "a migration that depends on what only the server knows");
      continue;
    }
    if (found.failure_is_hidden)
      findings.leave(found.at, found.command + " || …",
                     "a failed migration counted as good; with belay it stops the deployment", true);
    if (!settled)
      unsettled.push_back(fmt::format(
          "{} runs in {}, which is not released: name a released service whose image has the command ({})",
          as_shown(found.command), named, from(found.at)));
    else if (const std::string line = line_of(d, found); std::ranges::find(lines, line) == lines.end())
      lines.push_back(line);
    if (settled) at = found.at;
  }
  if (!unsettled.empty()) return d.add(gap("migrate", unsettled.front()));
  if (lines.empty()) return;
  if (lines.size() > 1)
    for (std::string& line : lines)
      line = "- " + (line.starts_with("{ service") ? line : fmt::format("{{ run: {} }}", line));
  d.add({"migrate", lines, from(at) + ", before the switch"});
}

}  // namespace belay::importer
