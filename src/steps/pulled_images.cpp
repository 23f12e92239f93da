#include "steps/pulled_images.hpp"

#include <algorithm>

#include <boost/json.hpp>

#include "base/files.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/images.hpp"
#include "runtime/kept_images.hpp"

namespace belay {

namespace {

bool is_pulled(const ImageNeed& need) {
  return need.from != ImageNeed::From::build && need.from != ImageNeed::From::shared;
}

std::optional<Time> last_asked(const Context& context, const std::string& service) {
  const auto before = context.store.find(context.previous);
  if (!before) return std::nullopt;
  const auto known = std::ranges::find(before->services, service, &ReleasedService::name);
  if (known == before->services.end() || known->asked == Time{}) return std::nullopt;
  return known->asked;
}

/// Before the first pull: a process that is killed leaves a name that leads elsewhere.
void note_names(Context& context, const std::vector<ImageNeed>& needs) {
  notes::ImageNames names;
  for (const auto& need : needs)
    if (is_pulled(need))
      names.value.push_back({need.image, context.engine.image_id(need.image).value_or("")});
  note(context.ledger, names);
}

void name_image(const Context& context, const std::string& image, const std::string& name) {
  const auto [repository, tag] = repository_and_tag(name);
  context.engine.tag(image, repository, tag);
}

void lead_back(const Context& context, const ImageNameBefore& before) {
  if (before.image.contains('@') || before.id.empty()) return;  // a digest leads to one image for ever
  if (context.engine.image_id(before.image) != before.id && context.engine.image_id(before.id))
    name_image(context, before.id, before.image);
}

}  // namespace

void bring_images_of(Context& context, const ReleaseProject& project, const std::vector<ImageNeed>& needs,
                     Deadline deadline) {
  if (std::ranges::none_of(needs, is_pulled)) return;
  note_names(context, needs);
  const auto file = context.layout.release(context.release) / "pull.json";
  write_file_atomically(file, boost::json::serialize(pull_model(context.model, needs)));
  const auto from = project.in_view(file, project_name_in(context.model));
  const auto say = [&](const std::string& line) { context.ledger.output(StepName::build, line); };
  const auto asked = bring_images(
      {.engine = context.engine,
       .pull = [&](const std::string& service) { compose::pull(from, service, say, context.stop, deadline); },
       .say = say,
       .last_asked = [&](const std::string& service) { return last_asked(context, service); }},
      needs);
  remove_tree(file);
  note(context.ledger, notes::AskedRegistries{asked});
  for (const auto& need : needs)
    if (is_pulled(need))
      name_image(context, need.image, frozen_image_of(context.model, need.service, context.release));
  const auto names = noted<notes::ImageNames>(context.ledger);
  for (const auto& before : names->value) lead_back(context, before);
}

void bring_back_images_of(Context& context, const ReleaseProject& project, const Release& release,
                          StepName step) {
  const auto say = [&](const std::string& line) { context.ledger.output(step, line); };
  // By its digest, so that it is the same one.
  const auto pull = [&](const LostImage& image) {
    const auto file = context.layout.release(context.release) / "pull.json";
    const boost::json::object services{{image.service, boost::json::object{{"image", image.digest}}}};
    write_file_atomically(
        file, boost::json::serialize(boost::json::object{{"name", "belay"}, {"services", services}}));
    compose::pull(project.in_live(file, "belay"), image.service, say, context.stop,
                  Deadline::in(context.environment().build.timeout));
    remove_tree(file);
  };
  bring_back_images(context.engine, release, pull, say);
}

void give_image_names_back(Context& context) {
  const auto names = noted<notes::ImageNames>(context.ledger);
  if (!names) return;
  for (const auto& before : names->value)
    if (before.id.empty())
      context.engine.untag(before.image);
    else
      lead_back(context, before);
}

}  // namespace belay
