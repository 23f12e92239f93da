#include "steps/live_directory.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/obstacles.hpp"
#include "runtime/release_project.hpp"
#include "steps/env_files.hpp"

namespace belay {

namespace {

/// Relative to the live directory; empty: it lies elsewhere.
std::string in_live(const fs::path& live, const std::string& path) {
  const auto relative = fs::path(path).lexically_normal().lexically_relative(live);
  if (relative.empty() || *relative.begin() == "..") return {};
  auto text = relative.string();
  if (text.ends_with('/')) text.pop_back();
  return text;
}

std::vector<BoundPath> bound_below(const fs::path& live, const boost::json::object& model) {
  std::vector<BoundPath> found;
  for (auto bound : bound_paths(model)) {
    bound.host = in_live(live, bound.host);
    if (!bound.host.empty()) found.push_back(std::move(bound));
  }
  return found;
}

std::vector<BoundPath> bound_below_live(const Context& context) {
  return bound_below(context.layout.live, kept_model(context, context.release));
}

fs::path aside(const Context& context) {
  return context.layout.replaced(context.nonce);
}

void publish_now(Context& context, const Publication& publication) {
  publish(publication, context.layout.live, context.layout.source(context.release), aside(context));
}

void publish_env_files_now(const Context& context, const Publication& publication) {
  publish(publication, context.layout.live, context.layout.env_files(context.release),
          context.layout.replaced_env_files(context.nonce));
}

}  // namespace

boost::json::object kept_model(const Context& context, const std::string& release) {
  const auto text = read_file_if_exists(context.layout.compose_model(release));
  return text ? boost::json::parse(*text).as_object() : boost::json::object{};
}

fs::path source_before(const Context& context) {
  // What an adopted release has is what was found: it does not tell who wrote it.
  const auto before = context.store.find(context.previous);
  if (!before || before->origin != Release::Origin::deployed || before->id == context.release) return {};
  auto files = context.layout.source(before->id);
  return fs::is_directory(files) ? files : fs::path();
}

std::vector<std::string> written_by_containers(const fs::path& live, const boost::json::object& model) {
  std::vector<std::string> paths;
  for (const auto& bound : bound_below(live, model))
    if (bound.writable) paths.push_back(bound.host);
  return paths;
}

std::vector<std::string> mounted_paths(const Context& context) {
  std::set<std::string> paths;
  for (const auto& bound : bound_below_live(context)) paths.insert(bound.host);
  return {paths.begin(), paths.end()};
}

namespace {

using WasCommitted = std::function<bool(const fs::path&)>;

Publication publication_with(const Context& context, WasCommitted was_committed,
                             ComparedDirectories compared = {}) {
  const auto source = context.layout.source(context.release);
  if (!fs::is_directory(source)) return {};
  PublicationRules rules{.live = context.layout.live, .source = source};
  rules.before = source_before(context);
  rules.written = written_by_containers(context.layout.live, kept_model(context, context.release));
  // A release that is gone back to is whole: what the later one brought goes away with it.
  rules.remove_extraneous =
      context.environment().sync.remove_extraneous || context.plan.kind != Plan::Kind::deploy;
  rules.was_committed = std::move(was_committed);
  if (context.publication) rules.known = &*context.publication;
  rules.compared = std::move(compared);
  return plan_publication(std::move(rules));
}

}  // namespace

Publication publication_of(const Context& context) {
  std::set<std::string> committed;
  if (const auto known = noted<notes::CommittedBefore>(context.ledger))
    committed.insert(known->value.begin(), known->value.end());
  return publication_with(context, [&](const fs::path& file) {
    return committed.contains(file.lexically_relative(context.layout.live).string());
  });
}

namespace {

/// Those of the files whose content is known to the repository, relative to the live directory. Without an
/// answer none is.
std::vector<std::string> committed_among(Context& context, const std::vector<fs::path>& files) {
  std::map<std::string, std::vector<std::string>> paths_by_blob;
  for (const auto& file : files)
    paths_by_blob[git_blob_id(file)].push_back(file.lexically_relative(context.layout.live).string());
  std::vector<std::string> committed;
  if (paths_by_blob.empty()) return committed;
  std::string ids;
  for (const auto& [id, paths] : paths_by_blob) ids += id + "\n";
  const auto heard = context.ledger.ask_controller("committed", ids, std::chrono::minutes(2), context.stop);
  std::istringstream answer(heard.ok ? heard.detail : std::string{});
  for (std::string id; answer >> id;)
    for (const auto& path : paths_by_blob[id]) committed.push_back(path);
  return committed;
}

}  // namespace

LookAtLive begin_look_at_live(const Context& context) {
  const auto source = context.layout.source(context.release);
  if (!fs::is_directory(source)) return {};
  return Beside([live = context.layout.live, source] { return compare_directories(live, source); });
}

void begin_publication(Context& context, LookAtLive look) {
  lay_out_env_files(context);
  std::vector<fs::path> untold;
  const auto would_be_asked = [&](const fs::path& file) {
    untold.push_back(file);
    return false;
  };
  context.publication = publication_with(context, would_be_asked, look ? look->get() : ComparedDirectories{});
  if (context.plan.kind == Plan::Kind::deploy && !noted<notes::CommittedBefore>(context.ledger))
    note(context.ledger, notes::CommittedBefore{committed_among(context, untold)});
  // A rollback goes on without them: settle says then what it could not put there.
  if (context.plan.kind == Plan::Kind::deploy) {
    require_may_publish(publication_of(context), context.layout.live);
    require_may_publish(publication_of_env_files(context), context.layout.live);
  }
}

void require_variables_may_be_replaced(Context& context) {
  const auto source = context.layout.source(context.release), before = source_before(context);
  std::vector<fs::path> foreign;
  for (const auto& file : variable_files(context.environment())) {
    const auto live = (context.layout.live / file).lexically_normal();
    std::error_code unreadable;
    if (fs::symlink_status(live, unreadable).type() != fs::file_type::regular) continue;
    if (!fs::is_regular_file(source / file, unreadable) || same_file(live, source / file)) continue;
    if (!before.empty() && same_file(live, before / file)) continue;
    foreign.push_back(live);
  }
  const auto committed = committed_among(context, foreign);
  if (context.stop.stop_requested()) throw Error("cancelled", "the deployment was asked to stop", {});
  std::vector<Obstacle> obstacles;
  for (const auto& live : foreign) {
    const auto name = live.lexically_relative(context.layout.live).string();
    if (std::ranges::find(committed, name) == committed.end())
      obstacles.push_back(own_variables(context.layout.live.string(), name));
  }
  require_no_obstacles(obstacles);
}

std::map<std::string, std::string> changed_files_of_services(const Context& context,
                                                             const Publication& publication) {
  std::map<std::string, std::string> files;
  for (const auto& bound : bound_below_live(context))
    if (std::ranges::find(publication.changes, bound.host, &LiveChange::path) != publication.changes.end())
      files.emplace(bound.service, bound.host);
  return files;
}

void publish_missing_mounts(Context& context, const Publication& publication) {
  publish_env_files_now(context, additions_of(publication_of_env_files(context)));
  // At once: as soon as some of it is there, what is missing looks as if a container had removed it.
  if (publication.emptied) return publish_now(context, additions_of(publication));
  std::vector<std::string> missing;
  for (const auto& path : mounted_paths(context))
    if (std::error_code unreadable;
        fs::symlink_status(context.layout.live / path, unreadable).type() == fs::file_type::not_found)
      missing.push_back(path);
  publish_now(context, limited_to(publication, missing));
}

void publish_mounted_files(Context& context) {
  const auto mounted = mounted_paths(context);
  if (mounted.empty()) return;
  publish_now(context, limited_to(publication_of(context), mounted));
  publish_env_files_now(context, limited_to(publication_of_env_files(context), mounted));
}

void tell_what_was_edited(Context& context, const Publication& publication) {
  constexpr std::size_t most_told = 20;
  std::vector<std::string> edited;
  for (const auto& change : publication.changes)
    if (change.replaces_edits) edited.push_back(change.path);
  for (std::size_t i = 0; i < std::min(edited.size(), most_told); ++i)
    context.ledger.output(
        StepName::create,
        fmt::format("{} is not as the release before brought it: this release replaces it", edited[i]));
  if (edited.size() > most_told)
    context.ledger.output(StepName::create, fmt::format("and {} more", edited.size() - most_told));
}

namespace {

void keep_what_was_edited(Context& context) {
  constexpr std::size_t most_noted = 50;
  const auto before = source_before(context), kept = context.layout.edited(context.release) / context.nonce;
  if (before.empty()) return;
  auto files = keep_edits(aside(context), before, kept);
  if (files.empty()) return;
  if (files.size() > most_noted) files.resize(most_noted);
  note(context.ledger, notes::ReplacedEdits{{kept.string(), files}});
}

}  // namespace

void publish_the_rest(Context& context) {
  const auto publication = publication_of(context);
  publish_now(context, publication);
  for (const auto& kept : publication.kept)
    context.ledger.output(StepName::settle, fmt::format("{} is left as it is: {}", kept.path, kept.why));
  lay_out_env_files(context);  // others may have written theirs meanwhile
  publish_env_files_now(context, publication_of_env_files(context));
  keep_what_was_edited(context);
  remove_tree(aside(context));
  remove_tree(context.layout.replaced_env_files(context.nonce));
}

void unpublish_all(Context& context) {
  std::optional<Error> trouble;
  for (const auto& replaced : {context.layout.replaced_env_files(context.nonce), aside(context)}) {
    try {
      unpublish(context.layout.live, replaced);
    } catch (const Error& error) {  // what can be brought back is
      trouble = error;
    }
  }
  if (trouble) throw Error(*trouble);
}

}  // namespace belay
