#include <fmt/core.h>

#include "importer/drafting.hpp"

namespace belay::importer {
namespace {

std::string literal_or_empty(const std::string& text) {
  return is_known(text) ? text : "";
}

std::string of_database(const ComposeService* service, const std::string& variable) {
  if (!service) return "";
  const auto found = service->environment.find(variable);
  return found == service->environment.end() ? "" : literal_or_empty(found->second);
}

}  // namespace

void draft_backup(Drafting& d) {
  Findings& findings = d.one.findings;
  if (findings.backups.empty()) return;
  const BackupFound& found = findings.backups.front();
  for (std::size_t other = 1; other < findings.backups.size(); ++other)
    findings.leave(findings.backups[other].at, "pg_dump " + findings.backups[other].database,
                   "a further dump: belay makes one");
  const ComposeService* database = d.service(found.service);
  if (!database)
    for (const ComposeFile* file : d.files)
      if (const ComposeService* const owner = file->with_container(found.container)) database = owner;
  std::string container = found.container.empty() && database ? database->container_name : found.container;
  std::string user = literal_or_empty(found.user), name = literal_or_empty(found.database);
  if (user.empty()) user = of_database(database, "POSTGRES_USER");
  if (name.empty()) name = of_database(database, "POSTGRES_DB");
  container = literal_or_empty(container);
  std::string missing;
  for (const auto& [value, what] : {std::pair{&container, "container"}, {&user, "user"}, {&name, "database"}})
    if (value->empty()) missing += (missing.empty() ? "" : ", ") + std::string(what);
  const auto part = [](const std::string& text) {
    return text.empty() ? std::string() : " " + scalar(as_belay_text(text));
  };
  std::string rest;
  if (found.keep) rest += fmt::format(", keep: {}", *found.keep);
  if (const auto inner = below(d.directory, found.directory); inner && !inner->empty() && *inner != "backups")
    rest += ", directory: " + scalar(as_belay_text(*inner));
  else if (!found.directory.empty() && is_known(found.directory) && !found.directory.starts_with('/') &&
           !found.directory.starts_with('~') && found.directory != "backups")
    rest += ", directory: " + scalar(as_belay_text(found.directory));
  else if (found.directory.starts_with('/') && !inner)
    findings.leave(found.at, found.directory, "belay's backups lie below `path`");
  Entry entry{"backup",
              {fmt::format("{{ postgres: {{ container:{}, user:{}, database:{} }}{} }}", part(container),
                           part(user), part(name), rest)},
              from(found.at),
              false};
  if (!missing.empty()) {
    entry.gap = true;
    entry.comment = fmt::format("TODO belay init: {} ({})", missing, from(found.at));
    if (found.container.empty() && container.empty())
      entry.comment += "; docker ps shows the container of " + found.service;
  }
  d.one.entries.push_back(std::move(entry));
}

}  // namespace belay::importer
