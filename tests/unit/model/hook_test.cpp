#include "model/hook.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "model/config_json.hpp"
#include "model/plan.hpp"
#include "samples.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

const VariableLookup nothing_set = [](const std::string&) { return std::optional<std::string>(); };

std::string file_with(const std::string& hooks, const std::string& more = {}) {
  return fmt::format(
      "app: shop\nhooks: {}\nenvironments:\n  p: {{ host: local, path: /srv/a, services: [web]{} }}\n", hooks,
      more);
}

EnvironmentConfig with_hooks(const std::string& hooks, const std::string& more = {}) {
  return parsed(file_with(hooks, more), nothing_set).environments.at(0);
}

std::string steps_of(const Plan& plan) {
  std::string all;
  for (const auto step : plan.steps) all += (all.empty() ? "" : " ") + to_string(step);
  return all;
}

constexpr auto at_each_point =
    "{ before_backup: { on: host, run: a }, before_switch: { in: web, run: b }, after_switch: { in: web, "
    "run: c }, "
    "after_commit: [{ on: controller, run: d }, { on: host, run: [e, f] }], after_rollback: { on: host, run: "
    "g }, "
    "on_failure: { on: host, run: h } }";

}  // namespace

TEST_CASE("a hook has its place, its command, its limit, and whether it is required") {
  const auto hooks = with_hooks(
                         "{ before_switch: [{ in: web, run: collect, timeout: 7s }, "
                         "{ on: host, run: [nginx, -s, reload], required: false }], "
                         "after_commit: { on: controller, run: tell } }")
                         .hooks;
  REQUIRE(hooks.size() == 3);
  CHECK(hooks[0].shown() == "in web: collect");
  CHECK(hooks[0].timeout == std::chrono::seconds(7));
  CHECK(hooks[0].required);
  CHECK(hooks[1].shown() == "on the host: nginx -s reload");
  CHECK(hooks[1].words.size() == 3);
  CHECK(hooks[1].timeout == std::chrono::minutes(5));
  CHECK_FALSE(hooks[1].required);
  CHECK(hooks[2].where == Hook::Where::controller);
  CHECK_FALSE(hooks[2].required);
}

TEST_CASE("each mistake in a hook is told, with its place") {
  const std::pair<const char*, const char*> table[] = {
      {"{ after_commit: npm run warm }", "'after_commit' must be a mapping or off"},
      {"{ after_commit: [npm run warm] }", "'after_commit' must be a mapping or off"},
      {"{ after_commit: [] }", "'after_commit' must not be empty"},
      {"{ after_comit: { on: host, run: a } }", "unknown key 'after_comit'"},
      {"{ after_commit: { run: a } }", "the hook does not say where it runs"},
      {"{ after_commit: { in: web, on: host, run: a } }", "'in' and 'on' exclude each other"},
      {"{ after_commit: { on: moon, run: a } }", "'on' cannot be 'moon'"},
      {"{ after_commit: { on: host } }", "'run' is missing"},
      {"{ after_commit: { on: host, run: '' } }", "'run' must not be empty"},
      {"{ after_commit: { in: 'a b', run: a } }", "which cannot be a compose service"},
      {"{ after_commit: { on: host, run: a, timeout: 1 } }", "'timeout' must be a duration"},
      {"{ after_commit: { on: host, run: a, required: true } }",
       "'required' cannot be true for after_commit"},
      {"{ after_rollback: { on: host, run: a, required: true } }",
       "'required' cannot be true for after_rollback"},
      {"{ on_failure: { on: host, run: a, required: true } }", "'required' cannot be true for on_failure"},
      {"{ after_commit: { on: host, run: 'a ${UNSET}' } }", "the variable UNSET is not set"},
      {"{ after_commit: { on: host, run: [a, '${UNSET}'] } }", "cannot stand there"},
  };
  for (const auto& [hooks, told] : table) {
    CAPTURE(hooks);
    const auto found = problems(file_with(hooks), nothing_set);
    CAPTURE(found);
    CHECK(found.contains(told));
    CHECK(found.contains(":2:"));
  }
  const auto all =
      problems(file_with("{ before_backup: a, after_switch: { run: b }, on_failure: { on: x, run: c } }"),
               nothing_set);
  CHECK(all.contains("'before_backup' must be"));
  CHECK(all.contains("does not say where"));
  CHECK(all.contains("'on' cannot be 'x'"));
}

TEST_CASE("an environment replaces the top level's point, or takes it or all of them away") {
  CHECK(with_hooks("{ after_commit: [{ on: host, run: a }] }", ", hooks: off").hooks.empty());
  CHECK(
      with_hooks("{ after_commit: [{ on: host, run: a }] }", ", hooks: { after_commit: off }").hooks.empty());
  const auto own = with_hooks("{ after_commit: [{ on: host, run: a }] }",
                              ", hooks: { after_commit: [{ on: host, run: b }] }");
  REQUIRE(own.hooks.size() == 1);
  CHECK(own.hooks[0].command == "b");
}

TEST_CASE("the hooks of a point are a step; those of a failure are none of the plan's") {
  const auto environment = with_hooks(at_each_point);
  CHECK(steps_of(plan_deployment("shop", environment, {}, {}, {})) ==
        "preflight before_backup sync build create before_switch switch after_switch verify commit settle "
        "after_commit");
  CHECK(steps_of(plan_rollback("shop", environment, "r", {})) ==
        "preflight create before_switch switch after_switch verify commit settle after_commit");
  const auto beside = with_hooks(at_each_point, ", strategy: blue-green, migrate: m, soak: 1m");
  CHECK(
      steps_of(plan_deployment("shop", beside, {}, {}, {})) ==
      "preflight before_backup sync build create edge migrate before_switch start switch after_switch verify "
      "soak commit settle after_commit");
  CHECK(steps_of(plan_deployment("shop", with_hooks("off"), {}, {}, {})) ==
        "preflight sync build create switch verify commit settle");
}

TEST_CASE("a plan keeps its hooks") {
  const auto environment = with_hooks(at_each_point);
  const auto read = plan_from_json(plan_to_json(plan_deployment("shop", environment, {}, {}, {})));
  REQUIRE(read.environment.hooks.size() == environment.hooks.size());
  for (std::size_t i = 0; i < environment.hooks.size(); ++i) {
    CHECK(read.environment.hooks[i].shown() == environment.hooks[i].shown());
    CHECK(read.environment.hooks[i].at == environment.hooks[i].at);
    CHECK(read.environment.hooks[i].required == environment.hooks[i].required);
  }
}

TEST_CASE("the host names a hook of the controller's own, and gives it no other variables than belay's") {
  const auto hooks = with_hooks(at_each_point).hooks;
  CHECK(hook_of_errand(hooks, errand_of_hook(Hook::At::after_commit, 1))->command == "d");
  CHECK_FALSE(hook_of_errand(hooks, errand_of_hook(Hook::At::after_commit, 2)));  // on the host
  CHECK_FALSE(hook_of_errand(hooks, errand_of_hook(Hook::At::after_commit, 3)));
  CHECK_FALSE(hook_of_errand(hooks, "hook rm -rf /"));
  const auto read = hook_environment_from_text(
      hook_environment_to_text({{"BELAY_ERROR", "a \"b\""}, {"PATH", "/tmp"}, {"LD_PRELOAD", "/tmp/x"}}));
  CHECK(read == Values{{"BELAY_ERROR", "a \"b\""}});
}
