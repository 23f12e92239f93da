#include <algorithm>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/files.hpp"
#include "drivers/compose.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/late_arrivals.hpp"
#include "runtime/ownership.hpp"
#include "runtime/release_project.hpp"
#include "steps/step.hpp"

namespace belay::build {

namespace json = boost::json;

namespace {

/// A file that the release before brought and this one lacks is about to go: compose must not see it.
std::function<bool(const fs::path&)> what_is_gone(const Context& context) {
  const auto before = context.layout.source(context.previous), now = context.layout.source(context.release);
  if (context.previous.empty() || !context.environment().sync.remove_extraneous) return {};
  return [before, now](const fs::path& path) {
    return fs::exists(fs::symlink_status(before / path)) && !fs::exists(fs::symlink_status(now / path));
  };
}

std::vector<std::string> all_container_names(const json::object& model, const std::vector<std::string>& services) {
  std::vector<std::string> names;
  for (const auto& service : services) std::ranges::copy(container_names_of(model, service), std::back_inserter(names));
  return names;
}

/// Images that are only pulled get the release's tag as well: a release keeps everything it runs.
void freeze_pulled_image(Context& context, const compose::Project& project, const std::string& service,
                         Deadline deadline) {
  const auto live = live_image_of(context.model, service);
  const auto frozen = frozen_image(live, context.release);
  if (context.engine.image_id(frozen)) return;  // another service of this release builds it
  if (!context.engine.image_id(live))
    compose::pull(
        project, service, [&](const std::string& line) { context.ledger.output(StepName::build, line); },
        context.stop, deadline);
  const auto [repository, tag] = repository_and_tag(frozen);
  context.engine.tag(live, repository, tag);
}

void build_images(Context& context, const ReleaseProject& project, const std::vector<std::string>& built,
                  Deadline deadline) {
  if (built.empty()) return;
  const auto file = context.layout.release(context.release) / "build.json";
  write_file_atomically(
      file, json::serialize(build_model(context.model, context.services, context.release,
                                        project.view().of(context.layout.live),
                                        context.layout.source(context.release))));
  compose::build(
      project.in_view(file, project_name_in(context.model)), built,
      [&](const std::string& line) { context.ledger.output(StepName::build, line); }, context.stop, deadline);
  remove_tree(file);
}

void resolve(Context& context, ReleaseProject& project, Deadline deadline) {
  make_directories(context.layout.live, 0755);
  project.view().make(what_is_gone(context));
  context.model = project.resolved(context.stop, deadline, [&](const std::string& line) {
    context.ledger.output(StepName::build, project.view().put_back(line));
  });
  context.services = released_services(context.model, context.environment().services);
  Ownership(context.engine, project_name_in(context.model), context.layout, project.directory())
      .require_none(all_container_names(context.model, context.services));
}

}  // namespace

std::string apply(Context& context) {
  const auto deadline = Deadline::in(context.environment().build.timeout);
  ReleaseProject project(place_of(context.layout, context.release), context.environment());
  resolve(context, project, deadline);

  std::vector<std::string> built, frozen;
  for (const auto& service : context.services) {
    frozen.push_back(frozen_image(live_image_of(context.model, service), context.release));
    if (is_built(context.model, service)) built.push_back(service);
  }
  note(context.ledger, notes::FrozenImages{frozen});

  build_images(context, project, built, deadline);
  for (const auto& service : context.services)
    if (!is_built(context.model, service)) freeze_pulled_image(context, project.in_view(), service, deadline);

  std::string summary;
  for (const auto& image : std::set(frozen.begin(), frozen.end())) {
    const auto id = context.engine.image_id(image);
    if (!id)
      throw Error("the build ended without an image " + image, {}, "check the service's `build:` section");
    summary += (summary.empty() ? "" : ", ") + fmt::format("{} ({})", image, id->substr(7, 12));
  }
  return summary;
}

std::string undo(Context& context) {
  const auto images = noted<notes::FrozenImages>(context.ledger);
  if (!images) return {};
  remove_with_late_arrivals(context.ledger.done(StepName::build), [&] {
    int found = 0;
    for (const auto& name : images->value) {
      if (!context.engine.image_id(name)) continue;
      context.engine.untag(name);
      ++found;
    }
    return found;
  });
  return "the candidate's image tags are gone";
}

}  // namespace belay::build
