#include <algorithm>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/files.hpp"
#include "base/link_tree.hpp"
#include "drivers/compose.hpp"
#include "runtime/build_failure.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/image_needs.hpp"
#include "runtime/images.hpp"
#include "runtime/late_arrivals.hpp"
#include "runtime/obstacles.hpp"
#include "runtime/orphans.hpp"
#include "runtime/ownership.hpp"
#include "runtime/release_project.hpp"
#include "runtime/resource_changes.hpp"
#include "steps/build_here.hpp"
#include "steps/live_directory.hpp"
#include "steps/pulled_images.hpp"
#include "steps/step.hpp"

namespace belay::build {

namespace json = boost::json;

namespace {

/// A file that the release before brought and this one lacks is about to go: compose must not see it.
ProjectView::Question what_is_gone(const Context& context) {
  const auto before = source_before(context), now = context.layout.source(context.release);
  if (before.empty() || !context.environment().sync.remove_extraneous) return {};
  return [before, now](const fs::path& path) {
    return fs::exists(fs::symlink_status(before / path)) && !fs::exists(fs::symlink_status(now / path));
  };
}

/// A symlink of the release before is about to be replaced: compose must see what this release has there.
ProjectView::Question which_it_brought(const Context& context) {
  const auto before = source_before(context), live = context.layout.live;
  if (before.empty()) return {};
  return [before, live](const fs::path& path) { return same_file(live / path, before / path); };
}

/// The names of images may hold the commit. With `build: image` nothing is built.
std::vector<ImageNeed> prepare_images(Context& context) {
  const auto& commit = context.plan.commit;
  const auto at = context.environment().build.at;
  replace_words(context.model, {.commit = commit.id, .version = commit.version});
  auto needs = image_needs(context.model, context.services, at);
  if (at == BuildRule::At::image)
    for (auto& service : context.model.at("services").as_object()) service.value().as_object().erase("build");
  return needs;
}

/// What each service runs, and whether that is anything new.
std::string summary_of(Context& context) {
  std::map<std::string, std::string> ids;
  std::set<std::string> images;
  for (const auto& service : context.services) {
    const auto frozen = frozen_image_of(context.model, service, context.release);
    const auto id = context.engine.image_id(frozen);
    if (!id)
      throw Error("the build ended without an image " + frozen, {}, "check the service's `build:` section");
    ids[service] = *id;
    const auto live = live_image_of(context.model, service);
    const auto shown =
        frozen == kept_image(project_name_in(context.model), context.release, service) ? live : frozen;
    images.insert(fmt::format("{} ({})", shown, id->substr(7, 12)));
  }
  auto summary = fmt::format("{}", fmt::join(images, ", "));
  for (const auto& line : nothing_new(ids, context.store.find(context.previous))) {
    context.ledger.output(StepName::build, line);
    summary += "; " + line;
  }
  return summary;
}

/// The contexts of what is built, relative to the live directory.
std::vector<fs::path> build_contexts(const Context& context, const ReleaseProject& project) {
  std::vector<fs::path> contexts{"."};
  for (const auto& service : context.services)
    if (const auto* build = service_in(context.model, service).if_contains("build");
        build && build->is_object())
      if (const auto* place = build->get_object().if_contains("context"); place && place->is_string())
        contexts.push_back(fs::path(std::string(place->get_string()))
                               .lexically_relative(project.view().of(context.layout.live)));
  return contexts;
}

/// A build by hand has the live directory for its context, and there it may find more than was shipped.
void name_missing_file(const Context& context, const ReleaseProject& project, const Error& failure) {
  const auto missing =
      missing_server_file(failure.why(), context.layout.live, context.layout.source(context.release),
                          build_contexts(context, project));
  if (!missing) return;
  throw Error(fmt::format("{}: it misses {}", failure.message(), *missing), failure.why(),
              server_file_remedy(*missing, context.environment().build.with));
}

/// What is built: the release's files, and those that belay.yml names of the server's.
fs::path build_context(const Context& context) {
  const auto source = context.layout.source(context.release);
  const auto& with = context.environment().build.with;
  if (with.empty()) return source;
  const auto both = context.layout.release(context.release) / "context";
  remove_tree(both);
  link_tree(source, both);
  for (const auto& name : with) {
    const auto from = context.layout.live / name;
    if (!fs::exists(from))
      throw Error(fmt::format("build: {{ with: [{}] }} names a file that is not there", name), from.string(),
                  "put it there, or take it out of belay.yml", ExitCode::bad_input);
    make_directories((both / name).parent_path());
    remove_tree(both / name);
    fs::copy(from, both / name, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  }
  return both;
}

void build_images(Context& context, const ReleaseProject& project, const std::vector<std::string>& built,
                  Deadline deadline) {
  if (built.empty()) return;
  const auto model = build_model(context.model, context.services, context.release,
                                 project.view().of(context.layout.live), build_context(context));
  if (context.environment().builds_elsewhere()) return have_images_built(context, model, built, deadline);
  const auto file = context.layout.release(context.release) / "build.json";
  write_file_atomically(file, json::serialize(model));
  try {
    compose::build(
        project.in_view(file, project_name_in(context.model)), built,
        [&](const std::string& line) { context.ledger.output(StepName::build, line); }, context.stop,
        deadline);
  } catch (const Error& failure) {
    name_missing_file(context, project, failure);
    throw;
  }
  remove_tree(file);
}

/// Of the kept release, under a name that keeps them for this one as well.
void take_kept_images(Context& context, const ReleaseProject& project) {
  const auto kept = context.store.find(context.plan.code_of);
  if (!kept)
    throw Error("release " + context.plan.code_of + " is not kept any more", {},
                "belay releases shows what is");
  bring_back_images_of(context, project, *kept, StepName::build);
  for (const auto& name : context.services) {
    const auto service = std::ranges::find(kept->services, name, &ReleasedService::name);
    if (service == kept->services.end())
      throw Error(fmt::format("release {} has no image of service {}", kept->id, name),
                  "that service is released now, but was not released then", "deploy that commit again",
                  ExitCode::bad_input);
    const auto [repository, tag] = repository_and_tag(frozen_image_of(context.model, name, context.release));
    context.engine.tag(service->image_id, repository, tag);
  }
}

/// The compose files that are in no commit, as this release was made with them.
void keep_files_of_host(const Context& context, const ReleaseProject& project) {
  if (!context.environment().has_compose_on_host()) return;
  const auto kept = context.layout.release(context.release) / "compose";
  for (const auto& file : project.files()) {
    const auto to = kept / file.relative_path();
    make_directories(to.parent_path());
    write_file_atomically(to, read_file(file), 0600);
  }
}

/// What compose says of it is in the build's output, and in the report.
json::object resolved_with_warnings(Context& context, ReleaseProject& project, Deadline deadline) {
  std::vector<std::string> warnings;
  auto model = project.resolved(context.stop, deadline, [&](const std::string& line) {
    warnings.push_back(project.view().put_back(line));
    context.ledger.output(StepName::build, warnings.back());
  });
  if (!warnings.empty()) note(context.ledger, notes::ComposeWarnings{std::move(warnings)});
  return model;
}

std::vector<ImageNeed> resolve(Context& context, ReleaseProject& project, Deadline deadline) {
  make_directories(context.layout.live, 0755);
  if (!context.environment().has_compose_on_host()) make_directories(project.directory(), 0755);
  project.view().make(what_is_gone(context), which_it_brought(context));
  context.model = resolved_with_warnings(context, project, deadline);
  keep_files_of_host(context, project);
  context.services = services_to_release(context.model, context.environment());
  const Ownership ours(context.engine, project_name_in(context.model), context.layout, project.directory());
  require_no_obstacles(obstacles_to_release(context.engine, ours, project, context.environment(),
                                            context.model, context.services));
  for (const auto& line : used_as_they_are(context.engine, context.model, context.services))
    context.ledger.output(StepName::build, line);
  for (const auto& line : orphans(ours, context.model, context.store.find(context.previous)))
    context.ledger.output(StepName::build, line);
  return prepare_images(context);
}

}  // namespace

std::string apply(Context& context) {
  const auto deadline = Deadline::in(context.environment().build.timeout);
  ReleaseProject project(place_of(context.layout, context.release), context.environment());
  const auto needs = resolve(context, project, deadline);

  std::vector<std::string> built, frozen;
  for (const auto& service : context.services) {
    frozen.push_back(frozen_image_of(context.model, service, context.release));
    if (is_built(context.model, service)) built.push_back(service);
  }
  note(context.ledger, notes::FrozenImages{frozen});

  if (context.plan.kind == Plan::Kind::redeploy) {
    take_kept_images(context, project);
  } else {
    build_images(context, project, built, deadline);
    bring_images_of(context, project, needs, deadline);
  }
  return summary_of(context);
}

std::string undo(Context& context) {
  const auto images = noted<notes::FrozenImages>(context.ledger);
  if (!images) return {};
  remove_with_late_arrivals(context.ledger.done(StepName::build), [&] {
    int found = forget_images_built(context);
    for (const auto& name : images->value) {
      if (!context.engine.image_id(name)) continue;
      context.engine.untag(name);
      ++found;
    }
    return found;
  });
  give_image_names_back(context);
  return "the candidate's image tags are gone";
}

}  // namespace belay::build
