#include <algorithm>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/files.hpp"
#include "drivers/compose.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/late_arrivals.hpp"
#include "steps/step.hpp"

namespace belay::build {

namespace json = boost::json;

namespace {

/// Images that are only pulled get the release's tag as well: a release keeps everything it runs.
void freeze_pulled_image(Context& context, const compose::Project& live, const std::string& service,
                         const std::string& live_image, const std::string& frozen, Deadline deadline) {
  if (!context.engine.image_id(live_image))
    compose::pull(
        live, service, [&](const std::string& line) { context.ledger.output(StepName::build, line); },
        context.stop, deadline);
  const auto colon = frozen.rfind(':');
  context.engine.tag(live_image, frozen.substr(0, colon), frozen.substr(colon + 1));
}

/// What an app writes to stays in the live directory; where that has no such directory yet, it begins with
/// what is shipped. Never over something that is there.
void begin_written_directories(const Context& context, const json::object& model) {
  for (const auto& directory :
       written_directories(model, context.environment().services, context.layout.live)) {
    const auto shipped = context.layout.source(context.release) / directory;
    const auto there = context.layout.live / directory;
    if (!fs::is_directory(shipped)) continue;
    context.ledger.output(StepName::build,
                          fmt::format("{} may be written to by its container, so it is the live directory's, "
                                      "not the release's: mount it read-only (:ro) to have it released",
                                      directory));
    if (fs::exists(there)) continue;
    make_directories(there.parent_path(), 0755);
    const auto beside = context.layout.release(context.release) / "begun";
    remove_tree(beside);
    fs::copy(shipped, beside, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    fs::rename(beside, there);
  }
}

}  // namespace

std::string apply(Context& context) {
  const auto& environment = context.environment();
  const auto deadline = Deadline::in(environment.build_timeout);
  const auto source = context.layout.source(context.release);
  const compose::Project shipped{context.layout.live, source / environment.compose};
  context.model = compose::resolved(shipped, context.stop, deadline);
  const auto& model = context.model;

  json::array frozen;
  for (const auto& service : environment.services)
    frozen.emplace_back(frozen_image(live_image_of(model, service), context.release));
  context.ledger.note(StepName::build, "images", frozen);

  const auto candidate = candidate_model(model, environment.services, context.layout.live, source,
                                         context.release, context.nonce);
  // It holds the environment's values: for its owner only, as everything below .belay.
  write_file_atomically(context.layout.compose_model(context.release), json::serialize(candidate));

  begin_written_directories(context, model);

  std::vector<std::string> built;
  for (std::size_t i = 0; i < environment.services.size(); ++i) {
    const auto& service = environment.services[i];
    if (model.at("services").as_object().at(service).as_object().contains("build"))
      built.push_back(service);
    else
      freeze_pulled_image(context, shipped, service, live_image_of(model, service),
                          std::string(frozen[i].as_string()), deadline);
  }
  if (!built.empty())
    compose::build(
        {context.layout.live, context.layout.compose_model(context.release),
         std::string(model.at("name").as_string())},
        built, [&](const std::string& line) { context.ledger.output(StepName::build, line); }, context.stop,
        deadline);

  std::string summary;
  for (const auto& image : frozen) {
    const std::string name(image.as_string());
    const auto id = context.engine.image_id(name);
    if (!id)
      throw Error("the build ended without an image " + name, {}, "check the service's `build:` section");
    summary += (summary.empty() ? "" : ", ") + fmt::format("{} ({})", name, id->substr(7, 12));
  }
  return summary;
}

std::string undo(Context& context) {
  const auto images = context.ledger.noted(StepName::build, "images");
  if (!images) return {};
  remove_with_late_arrivals(context.ledger.done(StepName::build), [&] {
    int found = 0;
    for (const auto& image : images->as_array()) {
      const std::string name(image.as_string());
      if (!context.engine.image_id(name)) continue;
      context.engine.untag(name);
      ++found;
    }
    return found;
  });
  return "the candidate's image tags are gone";
}

}  // namespace belay::build
