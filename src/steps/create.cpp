#include <algorithm>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "drivers/compose.hpp"
#include "steps/candidate.hpp"
#include "runtime/compose_model.hpp"
#include "steps/edge_container.hpp"
#include "runtime/late_arrivals.hpp"
#include "steps/step.hpp"

namespace belay::create {

namespace json = boost::json;

namespace {

std::vector<PreviousContainer> found_containers(Context& context, const std::string& project,
                                                const std::string& service,
                                                const std::vector<std::string>& names) {
  std::vector<PreviousContainer> found;
  for (const auto& container : containers_of_service(context.engine, project, service, names)) {
    if (const auto made = container.labels.find(label::nonce);
        made != container.labels.end() && made->second == context.nonce)
      continue;  // our own, of an apply that did not end
    const auto inspection = context.engine.inspect(container.id);
    if (!inspection) continue;  // removed meanwhile
    found.push_back({container.id, container.name, service, inspection->container.running(),
                     inspection->restart_policy, inspection->restart_maximum});
  }
  return found;
}

void note_containers(Context& context, const std::string& key,
                     const std::vector<PreviousContainer>& containers) {
  json::array noted;
  for (const auto& container : containers)
    noted.push_back(json::object{{"id", container.id},
                                 {"name", container.name},
                                 {"service", container.service},
                                 {"running", container.running},
                                 {"restart_policy", container.restart_policy},
                                 {"restart_maximum", container.restart_maximum}});
  context.ledger.note(StepName::create, key, std::move(noted));
}

/// The edge first: who is found is noted once both are known.
void note_previous(Context& context, const std::string& project,
                   const std::vector<PreviousContainer>& previous) {
  std::vector<PreviousContainer> edges;
  for (const auto& edge : edges_of(context.engine, project))
    if (const auto inspection = context.engine.inspect(edge.id))
      if (edge.labels.at(label::nonce) != context.nonce)
        edges.push_back({edge.id, edge.name, edge_service, inspection->container.running(),
                         inspection->restart_policy, inspection->restart_maximum});
  if (!edges.empty()) note_containers(context, "previous_edge", edges);
  note_containers(context, "previous_containers", previous);
}

/// Made by belay for this release; or, of one that was adopted, as it was found then. The image alone does
/// not tell: somebody may have changed the environment and typed `docker compose up`.
bool is_of(const Release& release, const std::string& service_name, const docker::Inspection& inspection) {
  const auto service = std::ranges::find(release.services, service_name, &ReleasedService::name);
  if (service == release.services.end() || inspection.container.image_id != service->image_id) return false;
  const auto& labels = inspection.container.labels;
  if (const auto made_for = labels.find(label::release); made_for != labels.end())
    return made_for->second == release.id;
  return std::ranges::find(service->containers, docker::create_body_of(inspection.raw)) !=
         service->containers.end();
}

bool runs_current(const Context& context, const std::vector<PreviousContainer>& running) {
  const auto current = context.store.find(context.previous);
  if (!current) return false;
  return std::ranges::all_of(running, [&](const PreviousContainer& container) {
    const auto inspection = context.engine.inspect(container.id);
    return inspection && is_of(*current, container.service, *inspection);
  });
}

void adopt_if_foreign(Context& context, const json::object& model,
                      const std::vector<PreviousContainer>& previous) {
  std::vector<PreviousContainer> running;
  std::ranges::copy_if(previous, std::back_inserter(running), &PreviousContainer::running);
  if (running.empty() || runs_current(context, running)) return;
  const auto adopted = adopted_release(context, model, running);
  context.store.save(adopted);
  context.store.set_current(adopted.id);
  context.previous = adopted.id;
  context.ledger.note(StepName::create, "previous", json::string(adopted.id));
  context.ledger.output(StepName::create, fmt::format("{} was not deployed by belay: adopted as release {}",
                                                      running.front().name, adopted.id));
}

Release deployed_release(Context& context, const json::object& model) {
  Release release{.id = context.release,
                  .commit = context.plan.commit,
                  .by = context.plan.by,
                  .created = now(),
                  .compose_file = context.environment().compose};
  for (const auto& service : context.environment().services)
    release.services.push_back(frozen_service(context, model, service));
  context.store.save(release);
  return release;
}

Release kept_release(const Context& context) {
  auto release = context.store.find(context.release);
  if (!release)
    throw Error("release " + context.release + " is not kept", {}, "belay releases shows what is");
  for (const auto& service : release->services)
    if (!context.engine.image_id(service.frozen_image))
      throw Error("the image of release " + release->id + " is gone", service.frozen_image + " is not there",
                  "somebody removed it by hand; deploy that commit again");
  return std::move(*release);
}

/// Whether each container that was asked for was also seen: the candidate's, and the migration's own.
bool all_came(const Context& context) {
  const auto& migrate = context.environment().migrate;
  const bool own_container = migrate && migrate->when == MigrationRule::When::before_switch &&
                             context.plan.kind == Plan::Kind::deploy;
  return context.ledger.done(StepName::create) && (!own_container || context.ledger.done(StepName::migrate));
}

}  // namespace

std::string apply(Context& context) {
  std::vector<PreviousContainer> previous;
  Release release;
  if (context.plan.kind == Plan::Kind::rollback) {
    release = kept_release(context);
    const auto project = project_of(release);
    for (const auto& service : release.services)
      std::ranges::copy(found_containers(context, project, service.name, service.container_names),
                        std::back_inserter(previous));
    note_previous(context, project, previous);
  } else {
    const auto& model = context.model;
    const auto project = std::string(model.at("name").as_string());
    for (const auto& service : context.environment().services)
      std::ranges::copy(found_containers(context, project, service, container_names_of(model, service)),
                        std::back_inserter(previous));
    note_previous(context, project, previous);
    adopt_if_foreign(context, model, previous);
    release = deployed_release(context, model);
  }
  create_candidates(context, release);
  return something_served(context)
             ? fmt::format("beside {}", previous.front().name)
             : "nothing serves yet: should this release fail, there is nothing to go back to";
}

std::string undo(Context& context) {
  remove_with_late_arrivals(all_came(context), [&] {
    const auto made = context.engine.containers({fmt::format("{}={}", label::nonce, context.nonce)});
    for (const auto& container : made) context.engine.remove(container.id);
    return static_cast<int>(made.size());
  });
  return "the candidate's containers are gone";
}

}  // namespace belay::create
