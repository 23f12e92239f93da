#include <algorithm>
#include <deque>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/files.hpp"
#include "model/labels.hpp"
#include "model/shell_command.hpp"
#include "runtime/released_mounts.hpp"
#include "steps/step.hpp"

namespace belay::migrate {

namespace json = boost::json;

namespace {

constexpr std::size_t shown_on_failure = 50;

/// The last lines of the migration tool: its own words are the "why" of a failure.
class Tail {
 public:
  void add(const std::string& line) {
    lines_.push_back(line);
    if (lines_.size() > shown_on_failure) lines_.pop_front();
  }
  std::string text() const { return fmt::format("{}", fmt::join(lines_, "\n")); }

 private:
  std::deque<std::string> lines_;
};

constexpr auto next_steps =
    "the migration may have changed a part of the database: fix the migration, or mark it resolved with your "
    "migration tool, "
    "before "
    "the next deployment";

/// As `docker compose run` would: the command in place of the service's own, through its entrypoint. Secrets
/// are in its environment, since everybody on the host sees the arguments.
ContainerCommand command_of(const Context& context, const MigrationRule& rule) {
  if (!rule.words.empty()) return {.words = rule.words};
  const auto [script, parameters] = shell_command(rule.command, context.variables);
  ContainerCommand command{.words = {"sh", "-c", script}};
  for (const auto& [name, value] : parameters) command.environment.push_back(name + "=" + value);
  return command;
}

void add_environment(json::object& body, const std::vector<std::string>& more) {
  auto& environment = body["Env"];
  if (!environment.is_array()) environment.emplace_array();
  for (const auto& one : more) environment.get_array().emplace_back(one);
}

/// The candidate's container, with the migration in place of its program, and reachable by nobody.
json::object one_off_body(json::object body, const MigrationRule& rule, const ContainerCommand& command,
                          const std::string& nonce) {
  if (!rule.entrypoint)
    body["Entrypoint"] = json::array{""};  // as `--entrypoint ""`: none, the image's neither
  body["Cmd"] = json::array(command.words.begin(), command.words.end());
  add_environment(body, command.environment);
  body["Labels"] = json::object{{label::nonce, nonce}, {label::role, "migration"}};
  body["Healthcheck"] = json::object{{"Test", json::array{"NONE"}}};
  body.erase("ExposedPorts");
  auto& host = body["HostConfig"].as_object();
  host["RestartPolicy"] = json::object{{"Name", "no"}};
  host["PortBindings"] = json::object{};
  host["AutoRemove"] = false;
  if (auto* networking = body.if_contains("NetworkingConfig"); networking && networking->is_object())
    if (auto* endpoints = networking->as_object().if_contains("EndpointsConfig");
        endpoints && endpoints->is_object())
      for (auto& endpoint : endpoints->as_object())
        if (endpoint.value().is_object()) {
          endpoint.value().as_object().erase("Aliases");
          endpoint.value().as_object().erase("IPAMConfig");
        }
  return body;
}

/// The release's code in directories that the migration may write to.
fs::path copies_for_migration(const Context& context) {
  return context.layout.release(context.release) / "migration";
}

void remove_one_off(Context& context) {
  for (const auto& container : made_by_this_attempt(context, "migration"))
    context.engine.remove(container.id, docker::Engine::AnonymousVolumes::remove);
  remove_tree(copies_for_migration(context));
}

/// The service that the rule names, else the first that has containers (`replicas: 0` has none).
const ReleasedService& service_for(const Release& release, const MigrationRule& rule) {
  for (const auto& service : release.services)
    if (!service.containers.empty() && (rule.service.empty() || service.name == rule.service)) return service;
  throw Error(rule.service.empty() ? "no released service has a container to migrate in"
                                   : fmt::format("service {} has no container to migrate in", rule.service),
              "its replicas are 0, or it is not released",
              "set migrate.service to a service that has containers");
}

/// In a container of its own, from the candidate's image: nothing that serves is touched. Empty: it went
/// well.
std::string before_switch(Context& context, const MigrationRule& rule, const docker::Engine::LineSink& sink) {
  remove_one_off(context);
  const auto release = release_of(context);
  const auto& service = service_for(release, rule);
  const auto deadline = Deadline::in(rule.timeout);
  auto body = with_released_mounts(service.containers.front(),
                                   {context.layout, context.release, copies_for_migration(context)});
  body["Image"] = service.frozen_image;
  const auto id =
      context.engine.create(fmt::format("{}-migration-{}", service.container_names.front(), context.nonce),
                            one_off_body(std::move(body), rule, command_of(context, rule), context.nonce));
  for (const auto& file : service.injected)
    context.engine.put_file(id, {file.target, file.text, file.mode, file.uid, file.gid});
  context.engine.attach(id, [&] { context.engine.start(id); }, sink, context.stop, deadline);
  const int code = context.engine.wait(id, context.stop, deadline);
  if (code != 0) return fmt::format("exit code {}", code);  // kept for its log, until the undo
  remove_one_off(context);
  return {};
}

/// In the running candidate, as `docker compose exec` would and the hand-written pipelines do.
std::string after_start(Context& context, const MigrationRule& rule, const docker::Engine::LineSink& sink) {
  const auto release = release_of(context);
  const auto& service = service_for(release, rule);
  const auto candidates = candidates_of(context);
  const auto own = std::ranges::find_if(
      candidates, [&](const docker::Container& candidate) { return service_of(candidate) == service.name; });
  if (own == candidates.end()) throw Error("there is no candidate to migrate in", {}, "deploy again");
  const int code =
      context.engine.exec(own->id, command_of(context, rule), sink, context.stop, Deadline::in(rule.timeout));
  return code == 0 ? std::string{} : fmt::format("exit code {}", code);
}

}  // namespace

std::string apply(Context& context) {
  const auto& rules = context.environment().migrate;
  const bool before = rules.front().when == MigrationRule::When::before_switch;
  for (const auto& rule : rules) {
    Tail tail;
    const auto sink = [&](const std::string& line) {
      tail.add(line);
      context.ledger.output(StepName::migrate, line);
    };
    const auto failure = before ? before_switch(context, rule, sink) : after_start(context, rule, sink);
    if (!failure.empty())
      throw Error(fmt::format("the migration failed: {}", rule.shown()),
                  fmt::format("{}\n{}", failure, tail.text()), next_steps);
  }
  return before ? "before the switch" : "in the running container";
}

std::string undo(Context& context) {
  remove_one_off(context);
  return context.ledger.done(StepName::migrate) ? "the database stays migrated" : std::string{};
}

}  // namespace belay::migrate
