#include "steps/candidate.hpp"

#include <algorithm>
#include <future>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/files.hpp"
#include "runtime/compose_model.hpp"
#include "edge/shape.hpp"

namespace belay {

namespace json = boost::json;

namespace {

constexpr auto compose_time = std::chrono::minutes(2);

docker::Inspection inspected(const docker::Engine& engine, const std::string& id) {
  auto inspection = engine.inspect(id);
  if (!inspection) throw Error("container " + id + " is gone", "it was there a moment ago", "deploy again");
  return std::move(*inspection);
}

/// Compose's own container of the candidate model: made, read, removed.
struct Template {
  json::object body;
  std::string name;
};

Template template_of(Context& context, const std::string& project, const std::string& service,
                     std::size_t existing) {
  compose::create_one_more({context.layout.live, context.layout.compose_model(context.release), project},
                           service, static_cast<int>(existing), context.stop, Deadline::in(compose_time));
  const auto made = context.engine.containers(
      {fmt::format("{}={}", label::nonce, context.nonce), "com.docker.compose.service=" + service});
  if (made.empty())
    throw Error("compose made no container for service " + service, "it reported success",
                "run `docker compose config` in the live directory and look at the service");
  Template found{docker::create_body_of(inspected(context.engine, made.front().id).raw), made.front().name};
  for (const auto& container : made) context.engine.remove(container.id);
  return found;
}

/// The hash that `docker compose up` will compare. Asked of the resolved model: of a file with `env_file`,
/// `config --hash` counts the files, `up` what stands in them.
std::string hash_of(Context& context, const json::object& model, const std::string& service) {
  const auto file = context.layout.release(context.release) / "resolved.json";
  write_file_atomically(file, json::serialize(model));
  auto hash = compose::service_hash({context.layout.live, file, std::string(model.at("name").as_string())},
                                    service, context.stop, Deadline::in(compose_time));
  remove_tree(file);
  return hash;
}

/// As compose writes it: `docker compose stop` and `down` go by it.
std::string depends_on_label(const json::object& model, const std::string& service) {
  std::string label;
  const auto* on = model.at("services").as_object().at(service).as_object().if_contains("depends_on");
  if (!on || !on->is_object()) return label;
  for (const auto& [name, rule] : on->as_object()) {
    const auto* condition = rule.as_object().if_contains("condition");
    const auto* restart = rule.as_object().if_contains("restart");
    label += fmt::format("{}{}:{}:{}", label.empty() ? "" : ",", std::string(name),
                         condition ? std::string(condition->as_string()) : "service_started",
                         restart && restart->is_bool() && restart->as_bool());
  }
  return label;
}

/// Compose makes a container's name an alias of its own; the template's name is nobody's any more.
void rename_alias(json::object& body, const std::string& from, const std::string& to) {
  auto* networking = body.if_contains("NetworkingConfig");
  if (!networking) return;
  for (auto& endpoint : networking->as_object().at("EndpointsConfig").as_object())
    if (auto* aliases = endpoint.value().as_object().if_contains("Aliases"))
      for (auto& alias : aliases->as_array())
        if (alias.as_string() == from) alias = to;
}

}  // namespace

std::vector<docker::Container> containers_of_service(const docker::Engine& engine, const std::string& project,
                                                     const std::string& service,
                                                     const std::vector<std::string>& names) {
  auto found =
      engine.containers({"com.docker.compose.project=" + project, "com.docker.compose.service=" + service,
                         "com.docker.compose.oneoff=False"});
  for (const auto& name : names)
    if (auto named = engine.container_named(name))
      if (std::ranges::find(found, named->id, &docker::Container::id) == found.end())
        found.push_back(std::move(*named));
  return found;
}

ReleasedService frozen_service(Context& context, const json::object& model, const std::string& service) {
  const auto project = std::string(model.at("name").as_string());
  const auto& environment = context.environment();
  ReleasedService released{.name = service,
                           .live_image = live_image_of(model, service),
                           .container_names = container_names_of(model, service)};
  released.frozen_image = frozen_image(released.live_image, context.release);
  released.image_id = context.engine.image_id(released.frozen_image).value_or("");

  const auto existing =
      context.engine.containers({"com.docker.compose.project=" + project,
                                 "com.docker.compose.service=" + service, "com.docker.compose.oneoff=False"});
  // Compose takes its time to start: the two runs of it go side by side.
  auto hash = std::async(std::launch::async, [&] { return hash_of(context, model, service); });
  const auto made = template_of(context, project, service, existing.size());
  auto body = made.body;
  auto& labels = body.at("Labels").as_object();
  labels["com.docker.compose.config-hash"] = hash.get();
  labels["com.docker.compose.depends_on"] = depends_on_label(model, service);
  labels["com.docker.compose.image"] = released.image_id;
  labels["com.docker.compose.project.working_dir"] = context.layout.live.string();
  labels["com.docker.compose.project.config_files"] = (context.layout.live / environment.compose).string();
  for (std::size_t i = 0; i < released.container_names.size(); ++i) {
    labels["com.docker.compose.container-number"] = std::to_string(i + 1);
    released.containers.push_back(body);
    rename_alias(released.containers.back(), made.name, released.container_names[i]);
  }
  return released;
}

RestartPolicy restart_policy_of(const json::object& body) {
  const auto* host = body.if_contains("HostConfig");
  const auto* policy = host && host->is_object() ? host->as_object().if_contains("RestartPolicy") : nullptr;
  if (!policy || !policy->is_object()) return {};
  RestartPolicy found;
  if (const auto* name = policy->as_object().if_contains("Name"); name && name->is_string())
    if (!name->as_string().empty()) found.name = std::string(name->as_string());
  if (const auto* maximum = policy->as_object().if_contains("MaximumRetryCount");
      maximum && maximum->is_int64())
    found.maximum = static_cast<int>(maximum->as_int64());
  return found;
}

void create_candidates(Context& context, const Release& release) {
  std::size_t number = 0;
  for (const auto& service : release.services)
    for (std::size_t i = 0; i < service.containers.size(); ++i) {
      auto body = service.containers[i];
      if (context.environment().edge) body = behind_edge(std::move(body), edge_host(context.nonce, ++number));
      auto& labels = body["Labels"];
      if (!labels.is_object()) labels = json::object{};
      labels.as_object()[label::nonce] = context.nonce;
      labels.as_object()[label::release] = release.id;
      labels.as_object()[label::role] = "candidate";
      body["Image"] = service.frozen_image;
      if (auto* host = body.if_contains("HostConfig"); host && host->is_object())
        host->as_object()["RestartPolicy"] = json::object{{"Name", "no"}};
      context.engine.create(candidate_name(service.container_names.at(i), context.nonce), body);
    }
}

Release adopted_release(Context& context, const json::object& model,
                        const std::vector<PreviousContainer>& running) {
  Release release{.origin = Release::Origin::adopted,
                  .state = Release::State::good,
                  .by = context.plan.by,
                  .created = now(),
                  .compose_file = context.environment().compose};
  for (const auto& previous : running)
    release.switched = std::max(release.switched, inspected(context.engine, previous.id).started);
  // Ids sort by time, and this one was there before the candidate, whose id was given when the run began.
  auto began = release.switched;
  do release.id = release_id(began, release.commit);
  while (release.id > context.release && (began -= std::chrono::seconds(1), true));
  // The candidate's compose file will stand in the live directory: this one has to come back with the
  // release.
  make_directories(context.layout.release(release.id));
  if (const auto text = read_file_if_exists(context.layout.live / release.compose_file))
    write_file_atomically(context.layout.adopted_compose_file(release.id), *text);
  for (const auto& previous : running) {
    const auto inspection = inspected(context.engine, previous.id);
    auto existing = std::ranges::find(release.services, previous.service, &ReleasedService::name);
    if (existing == release.services.end()) {
      ReleasedService service{.name = previous.service,
                              .image_id = inspection.container.image_id,
                              .live_image = live_image_of(model, previous.service)};
      service.frozen_image = frozen_image(service.live_image, release.id);
      const auto colon = service.frozen_image.rfind(':');
      context.engine.tag(service.image_id, service.frozen_image.substr(0, colon),
                         service.frozen_image.substr(colon + 1));
      existing = release.services.insert(release.services.end(), std::move(service));
    }
    existing->container_names.push_back(previous.name);
    existing->containers.push_back(docker::create_body_of(inspection.raw));
  }
  return release;
}

}  // namespace belay
