#include "control/deployment.hpp"

#include <future>
#include <set>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/either_stop.hpp"
#include "base/error.hpp"
#include "control/agent.hpp"
#include "control/build_here.hpp"
#include "control/checks.hpp"
#include "control/freeze.hpp"
#include "control/gate.hpp"
#include "control/lifeline.hpp"
#include "control/local_build.hpp"
#include "control/missing_contents.hpp"
#include "control/run_follower.hpp"
#include "control/session.hpp"
#include "control/shipped_times.hpp"
#include "control/shipped_tree.hpp"
#include "control/source.hpp"
#include "control/tree_space.hpp"
#include "model/plan.hpp"
#include "model/secrets.hpp"

namespace belay {

namespace {

Deadline checkout_limit() {
  return Deadline::in(std::chrono::minutes(10));
}

/// What is shipped, checked out while the connection is made: over a long line that takes a second.
class ShippedSource {
 public:
  ShippedSource(const Source& source, const fs::path& aside, const std::stop_token& stop)
      : stop_(stop, not_needed_.get_token()),
        checkout_(std::async(std::launch::async, [this, &source, aside] {
          problems_ = prune_kept_trees(tree_space());
          return check_out(source, aside, stop_.token(), checkout_limit());
        })) {}
  ~ShippedSource() { not_needed_.request_stop(); }
  ShippedSource(const ShippedSource&) = delete;
  ShippedSource& operator=(const ShippedSource&) = delete;

  /// Throws Error{exit code 2} where this machine has not got all that is to be shipped.
  Checkout get(const std::vector<std::string>& exclude, Watcher& watcher) {
    Checkout checkout = checkout_.get();
    for (const std::string& problem : problems_)
      watcher.notice("a kept checkout cannot be used any more, and could not be removed: " + problem);
    require_contents(checkout, exclude, stop_.token());
    return checkout;
  }

 private:
  std::stop_source not_needed_;
  EitherStop stop_;
  std::vector<std::string> problems_;
  std::future<Checkout> checkout_;  // last: it ends before what it uses
};

GateResult through_the_gate(const EnvironmentConfig& environment, const DeployOptions& options,
                            const Source& source, const Checkout& shipped, const Lifeline& life,
                            Watcher& watcher, std::stop_token stop) {
  if (options.skip_test) {
    watcher.gate_skipped();
    return {.skipped = true};
  }
  if (environment.test.empty()) return {};
  const Checkout tested =
      check_out_for_commands(source, shipped, "gate", life.directory() / "gate", stop, checkout_limit());
  if (environment.test_git) lay_repository(source, tested, stop, checkout_limit());
  if (tested.kept && !tested.kept->left_behind().empty()) watcher.notice(tested.kept->left_behind());
  return run_gate(environment, tested.commit, tested.source, gate_logs(), life, watcher, std::move(stop));
}

std::optional<LocallyBuilt> built_here(const EnvironmentConfig& environment, const Source& source,
                                       const Checkout& shipped, const Lifeline& life, Watcher& watcher,
                                       std::stop_token stop) {
  if (!environment.build.local) return {};
  const Checkout built_in =
      check_out_for_commands(source, shipped, "build", life.directory() / "build", stop, checkout_limit());
  if (environment.test_git) lay_repository(source, built_in, stop, checkout_limit());
  if (built_in.kept && !built_in.kept->left_behind().empty()) watcher.notice(built_in.kept->left_behind());
  return build_locally(environment, shipped, built_in, life, watcher, std::move(stop));
}

/// The report is worth more than this hint: what keeps it from being found is passed over.
std::vector<std::string> held_back(const Ending& ending, const Source& source, const Checkout& shipped,
                                   const std::vector<std::string>& exclude) {
  try {
    for (const auto& record : ending.records)
      if (const auto* failed = std::get_if<event::StepFailed>(&record.event))
        return named_in_failure(hidden_files(source, shipped, exclude, {}), *failed);
  } catch (const Error&) {
  }
  return {};
}

/// The gate may take longer than a line holds.
void require_alive(Session& session, Watcher& watcher, std::stop_token stop) {
  if (session.receive(stop, Deadline::in(std::chrono::milliseconds(0))).end != Received::End::dead) return;
  watcher.reconnecting(1, session.why_dead());
  session.reconnect(watcher, std::move(stop));
}

fs::path directory_of(const Config& config) {
  return fs::absolute(config.file).parent_path();
}

/// A rollback reads belay.yml without asking for the variables that only a release needs; but it runs hooks.
void require_variables_of_hooks(const EnvironmentConfig& environment) {
  std::set<std::string> missing;
  for (const auto& hook : environment.hooks)
    if (hook.at != Hook::At::before_backup)
      for (auto& name : hook.missing(environment.variables)) missing.insert(std::move(name));
  if (missing.empty()) return;
  throw Error(fmt::format("hooks in belay.yml use variables that are not set: {}", fmt::join(missing, ", ")),
              {}, fmt::format("set them in the environment: export {}=...", *missing.begin()),
              ExitCode::bad_input);
}

Ending hand_over(Session& session, const EnvironmentConfig& environment, const Plan& plan, bool wait,
                 RunFollower::Part part, Watcher& watcher, std::stop_token stop) {
  // Before the order is sent, since from then on it is not known here whether the host has begun; and before
  // the last look at `stop`: a signal either stopped this already or leaves the host alone.
  watcher.goes_on_alone(true);
  if (stop.stop_requested()) {
    watcher.goes_on_alone(false);
    throw Error("stopped", "nothing was begun on the host");
  }
  RunFollower follower(session, environment, watcher, std::move(part));
  session.send(wire::Start{.plan = plan,
                           .wait = wait,
                           .logins = environment.registries,
                           .secrets = secrets_of(environment),
                           .variables = environment.variables});
  return follower.follow(std::move(stop));
}

}  // namespace

Ending deploy(const Config& config, const EnvironmentConfig& environment, const DeployOptions& options,
              Watcher& watcher, std::stop_token stop) {
  return while_doing(fmt::format("deploying {} to {}", config.app, environment.name), [&] {
    const auto reason = reason_during_freeze(environment, "belay deploy", options.reason, now());
    ssh_key_from_environment();  // before any child is started
    Source source = find_source(config.file, environment.source, options.ref, options.dirty, watcher, stop);
    if (!options.branch.empty()) source.commit.branch = options.branch;
    watcher.source_found(source.commit);
    if (environment.builds_elsewhere()) require_builder_here(stop);
    const Lifeline life(tree_space(), "source-");
    ShippedSource checkout(source, life.directory() / "source", stop);
    // A wrong key shows in a second, not after minutes of tests. Nothing is locked on the host meanwhile.
    Session session = Session::open(environment, watcher, stop);
    const Checkout shipped = checkout.get(environment.sync.exclude, watcher);
    const GateResult gate = through_the_gate(environment, options, source, shipped, life, watcher, stop);
    const auto built = built_here(environment, source, shipped, life, watcher, stop);
    require_alive(session, watcher, stop);
    Plan plan = plan_deployment(config.app, environment, shipped.commit, this_author(), gate);
    if (built) plan.built = built->what;
    plan.reason = reason;
    // The times of what was built say nothing of its contents.
    const auto tree = built ? std::make_shared<const ShippedTree>(built->source)
                            : std::make_shared<const ShippedTree>(shipped, environment.sync.exclude);
    plan.sources_with_our_times = ShippedTimes(tree->times_memory()).directories_on(environment.host.shown);
    auto ending = hand_over(session, environment, plan, options.wait,
                            {.starts_it = true,
                             .source = tree,
                             .repository = source.repository,
                             .directory = directory_of(config)},
                            watcher, stop);
    ending.held_back = held_back(ending, source, shipped, environment.sync.exclude);
    return ending;
  });
}

Ending roll_back(const Config& config, const EnvironmentConfig& environment, const std::string& release,
                 const RollbackOptions& options, Watcher& watcher, std::stop_token stop) {
  return while_doing(fmt::format("rolling back {} on {}", config.app, environment.name), [&] {
    require_variables_of_hooks(environment);
    Session session = Session::open(environment, watcher, stop);
    const auto planned = options.current_env ? plan_redeployment : plan_rollback;
    const Plan plan = planned(config.app, environment, release, this_author());
    return hand_over(session, environment, plan, options.wait,
                     {.starts_it = true, .directory = directory_of(config)}, watcher, stop);
  });
}

Ending attach(const EnvironmentConfig& environment, Watcher& watcher, std::stop_token stop) {
  return while_doing("watching " + environment.name, [&] {
    Session session = Session::open(environment, watcher, stop, Purpose::look);
    RunFollower follower(session, environment, watcher, {.starts_it = false});
    session.send(wire::Attach{.run = "", .from = 1});
    return follower.follow(stop);
  });
}

}  // namespace belay
