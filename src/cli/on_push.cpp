#include "cli/on_push.hpp"

#include <algorithm>
#include <array>

#include <boost/json/object.hpp>
#include <fmt/core.h>

#include "base/time.hpp"
#include "cli/environment_choice.hpp"
#include "cli/host_question.hpp"
#include "cli/run_view.hpp"
#include "cli/show_error.hpp"
#include "cli/step_summary.hpp"
#include "control/agent.hpp"
#include "drivers/git.hpp"
#include "model/push_trigger.hpp"

namespace belay::cli {
namespace {

Push push_of(const command::Deploy& asked) {
  if (asked.dirty)
    throw Error("--on-push and --dirty exclude each other", "a push is of commits", "leave out one",
                ExitCode::bad_input);
  auto push = read_push_of(asked.ref, asked.before, asked.after);
  if (!push)
    throw Error("--on-push was given no push", push.error(),
                "belay deploy --on-push --ref refs/heads/main --before COMMIT --after COMMIT",
                ExitCode::bad_input);
  return std::move(*push);
}

/// Asks the host which commit serves, and compares. A deployment that failed or was left out earlier is then
/// part of what differs. Without such a commit the push counts.
PushDecision compared_with_host(Context& context, const Chosen& chosen, const Push& push) {
  const auto kept = releases_from_json(ask_host(context, chosen, "releases", {}).as_object());
  const auto serving = std::ranges::find(kept.releases, kept.current, &Release::id);
  const auto deploy_because = [&](const std::string& why) {
    return PushDecision{PushDecision::Answer::yes,
                        fmt::format("on.push takes the {}, and {}", push.shown(), why)};
  };
  if (serving == kept.releases.end() || serving->commit.id.empty())
    return deploy_because("no release of belay's serves yet with which its files could be compared");
  const Commit& commit = serving->commit;
  if (commit.dirty) return deploy_because("a working tree serves, not a commit");
  const auto repository = git::top_level(chosen.config.file.parent_path(), context.stop());
  if (!git::has_commit(repository, commit.id, context.stop()))
    return deploy_because(
        fmt::format("the commit that serves, {}, is not in this repository", commit.abbreviated()));
  return decide_by_changes(*chosen.environment().on_push, push,
                           git::changed_files(repository, commit.id, push.after, context.stop()),
                           commit.abbreviated());
}

void tell(Context& context, bool json, const std::string& environment, const PushDecision& decision) {
  const bool deploys = decision.answer == PushDecision::Answer::yes;
  if (json)
    context.out.json(boost::json::object{{"type", "push-decided"},
                                         {"at", iso8601(now())},
                                         {"environment", environment},
                                         {"deploys", deploys},
                                         {"reason", decision.reason}});
  else
    context.out.line(
        fmt::format("{}: {}: {}", environment, deploys ? "deploys" : "not deployed", decision.reason));
  if (context.platform && !deploys)
    context.platform->ended({.environment = environment, .outcome = "skipped"},
                            skipped_summary(environment, decision.reason));
}

ExitCode deploy_one(const command::Deploy& asked, Context& context, const std::string& name, const Push& push,
                    PushDecision decision) {
  if (decision.answer == PushDecision::Answer::no) {
    tell(context, asked.json, name, decision);
    return ExitCode::deployed;
  }
  const Chosen chosen = choose_environment(context, name, Needed::for_a_release);
  if (decision.answer == PushDecision::Answer::ask_for_changes)
    decision = compared_with_host(context, chosen, push);
  tell(context, asked.json, name, decision);
  if (decision.answer == PushDecision::Answer::no) return ExitCode::deployed;
  const DeployOptions options{push.after, push.kind == Push::Kind::branch ? push.name : "",
                              false,      asked.skip_test,
                              asked.wait, asked.reason};
  return static_cast<ExitCode>(watch_run(
      context, asked.json, name, fmt::format("Deploying {} to {}", chosen.config.app, name),
      undone_on_interrupt,
      [&](Watcher& watcher, std::stop_token stop) {
        return deploy(chosen.config, chosen.environment(), options, watcher, std::move(stop));
      },
      Audience{chosen.config.app, &chosen.environment()}));
}

}  // namespace

ExitCode worse_of(ExitCode one, ExitCode other) {
  constexpr std::array order = {ExitCode::deployed,      ExitCode::unfinished, ExitCode::frozen,
                                ExitCode::busy,          ExitCode::bad_input,  ExitCode::failed,
                                ExitCode::nothing_serves};
  return std::ranges::find(order, one) < std::ranges::find(order, other) ? other : one;
}

int deploy_on_push(const command::Deploy& asked, Context& context) {
  const Push push = push_of(asked);
  // All of belay.yml is read, but no environment's variables: most of them may be none of this push's
  // business.
  const Config config = load_config(find_config(context.config, fs::current_path()), context.variable, "");
  if (!asked.environment.empty()) choose_environment(context.config, asked.environment, context.variable);
  ssh_key_from_environment();  // before any child is started
  ExitCode worst = ExitCode::deployed;
  for (const EnvironmentConfig& environment : config.environments) {
    if (!asked.environment.empty() && asked.environment != environment.name) continue;
    if (context.stop().stop_requested()) break;
    try {
      worst = worse_of(worst,
                       deploy_one(asked, context, environment.name, push, decide(environment.on_push, push)));
    } catch (const Error& error) {  // one environment that fails does not keep the others from their push
      worst = worse_of(worst, show_error(error, {.json = asked.json,
                                                 .out = context.out,
                                                 .err = context.err,
                                                 .style = context.err_surface.style,
                                                 .platform = context.platform,
                                                 .environment = environment.name}));
    }
  }
  return static_cast<int>(worst);
}

}  // namespace belay::cli
