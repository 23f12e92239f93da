#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "importer/compose_files.hpp"
#include "importer/draft.hpp"
#include "importer/draft_text.hpp"
#include "importer/environments.hpp"
#include "importer/findings.hpp"

namespace belay::importer {

/// One environment of belay.yml while it is drafted. Each `draft_…` adds the entries of one part of the file,
/// and lists what it does not take over; later parts use what earlier ones settled.
struct Drafting {
  const Repository& repository;
  const Answers& answers;
  const std::vector<ComposeFile>& compose_files;
  Environment& one;
  Unanswered& unanswered;

  // Of find_place.
  std::string source = ".";
  std::string directory;   // the live directory, as the workflow says it
  std::string inside;      // the folder in it where compose is typed
  bool elsewhere = false;  // compose is typed outside of where the files go
  Place source_at, directory_at;
  std::vector<Transport> sent_files;   // that carry nothing but files of `findings.files`
  std::vector<std::string> made_here;  // files that are sent, and that only a build makes
  // Of draft_compose.
  std::vector<const ComposeFile*> files;
  // Of draft_services.
  std::vector<std::string> released;

  /// A path of the source as a path of the repository.
  std::string in_source(const std::string& file) const;
  const ComposeService* service(std::string_view name) const;
  std::vector<const ComposeService*> all_services() const;
  const ComposeService* with_container(std::string_view container) const;
  bool releases(std::string_view service) const;
  void add(Entry entry) { one.entries.push_back(std::move(entry)); }
};

void find_place(Drafting&);         // where the files go, and where compose is typed
void draft_triggers(Environment&);  // on
void draft_host(Drafting&);         // host, host_key
void draft_path(Drafting&);
void draft_compose(Drafting&);   // compose, project, env_files
void draft_services(Drafting&);  // services, accessories
void draft_images(Drafting&);    // build, values, registries
void draft_tests(Drafting&);
/// A command of the runner as it is typed in the source. Nothing: it stands outside, and is listed.
std::optional<std::string> typed_in_source(Drafting&, const Found&);
void draft_sync(Drafting&);
void draft_migrations(Drafting&);
void draft_backup(Drafting&);
void draft_health(Drafting&);
void draft_env_file(Drafting&);
void draft_hooks(Drafting&);

/// The transport that brings the source: rsync before git before copies. Null: none.
const Transport* main_transport(const Findings&);

/// A key whose value nobody can know: it is left empty, and belay refuses the file until it is filled in.
Entry gap(std::string key, std::string what);
/// For a comment: "deploy.yml:12".
std::string from(const Place&);

std::string without_slash(std::string path);
/// "/srv/app" and "/srv/app/deploy" → "deploy"; nothing if it is not below.
std::optional<std::string> below(const std::string& directory, const std::string& path);
std::string base_name(std::string_view path);
/// Adds those that are not there yet, and are not empty.
void add_new(std::vector<std::string>& to, const std::vector<std::string>& from);

}  // namespace belay::importer
