#include <algorithm>
#include <deque>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/process.hpp"
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
    "the database may be changed in part: fix the migration, or mark it resolved with your migration tool, "
    "before "
    "the next deployment";

/// The candidate's container, with the migration in place of its program, and reachable by nobody.
json::object one_off_body(json::object body, const std::string& command, const std::string& nonce) {
  body["Entrypoint"] = json::array{"/bin/sh", "-c"};
  body["Cmd"] = json::array{command};
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

void remove_one_off(Context& context) {
  for (const auto& container : made_by_this_attempt(context, "migration"))
    context.engine.remove(container.id);
}

/// In a container of its own, from the candidate's image: nothing that serves is touched.
std::string before_switch(Context& context, const MigrationRule& rule, Tail& tail) {
  remove_one_off(context);
  const auto release = release_of(context);
  const auto& service = release.services.front();
  const auto deadline = Deadline::in(rule.timeout);
  const auto id =
      context.engine.create(fmt::format("{}-migration-{}", service.container_names.front(), context.nonce),
                            one_off_body(service.containers.front(), rule.command, context.nonce));
  context.engine.start(id);
  context.engine.follow_log(
      id,
      [&](const std::string& line) {
        tail.add(line);
        context.ledger.output(StepName::migrate, line);
      },
      context.stop, deadline);
  const int code = context.engine.wait(id, context.stop, deadline);
  remove_one_off(context);
  return code == 0 ? std::string{} : fmt::format("exit code {}", code);
}

/// In the running candidate, as the hand-written pipelines do.
std::string after_start(Context& context, const MigrationRule& rule, Tail& tail) {
  const auto candidates = candidates_of(context);
  if (candidates.empty()) throw Error("there is no candidate to migrate in", {}, "deploy again");
  const auto outcome = run({.argv = {"docker", "exec", candidates.front().id, "sh", "-c", rule.command}},
                           context.stop, Deadline::in(rule.timeout), [&](Stream, std::string_view line) {
                             tail.add(std::string(line));
                             context.ledger.output(StepName::migrate, std::string(line));
                           });
  return outcome.ok() ? std::string{} : outcome.described();
}

}  // namespace

std::string apply(Context& context) {
  const auto& rule = *context.environment().migrate;
  Tail tail;
  const bool before = rule.when == MigrationRule::When::before_switch;
  const auto failure = before ? before_switch(context, rule, tail) : after_start(context, rule, tail);
  if (!failure.empty())
    throw Error(fmt::format("the migration failed: {}", rule.command),
                fmt::format("{}\n{}", failure, tail.text()), next_steps);
  return before ? "before the switch" : "in the running container";
}

std::string undo(Context& context) {
  remove_one_off(context);
  return context.ledger.done(StepName::migrate) ? "the database stays migrated" : std::string{};
}

}  // namespace belay::migrate
