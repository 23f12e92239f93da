#include "saga/opening.hpp"

#include <chrono>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "drivers/docker.hpp"
#include "release/release_store.hpp"
#include "saga/journal.hpp"
#include "saga/run.hpp"
#include "saga/what_is_off.hpp"

namespace belay {

namespace {

/// Runs sort by their names, which begin with the time, and only the newest can be open: a clock that was set
/// back must not put this one before those that are there.
Time time_after_all_runs(const Layout& layout) {
  const auto runs = runs_of(layout);
  auto time = now();
  for (auto step = std::chrono::seconds(1); !runs.empty() && stamp(time) <= runs.front(); step *= 2)
    time += step;
  return time;
}

/// Unique on this host.
std::string new_release_id(const Layout& layout, const Commit& commit) {
  auto time = time_after_all_runs(layout);
  while (fs::exists(layout.release(release_id(time, commit))) ||
         fs::exists(layout.run(release_id(time, commit))))
    time += std::chrono::seconds(1);
  return release_id(time, commit);
}

/// The good release that is meant: empty is the one before the current.
Release release_meant(const Layout& layout, const std::string& meant, bool may_serve) {
  const ReleaseStore store(layout);
  const auto current = store.current();
  auto wanted = meant.empty() ? store.good_before(current) : store.find(meant);
  if (!wanted && meant.empty())
    throw Error(current.empty() ? "there is no good release to roll back to"
                                : "there is no good release that is older than " + current,
                {}, "belay releases shows what is kept; to bring back a newer release, give its id",
                ExitCode::bad_input);
  if (!wanted)
    throw Error("release " + meant + " is not kept here", {}, "belay releases shows what is kept",
                ExitCode::bad_input);
  if (wanted->id == current && !may_serve && what_is_off(docker::Engine::connect(), layout, *wanted).empty())
    throw Error("release " + wanted->id + " serves already", {},
                "with --current-env belay makes a new release of it with today's environment",
                ExitCode::bad_input);
  if (wanted->state != Release::State::good)
    throw Error("release " + wanted->id + " was never verified",
                "belay rolls back only to a release that passed its checks", {}, ExitCode::bad_input);
  return std::move(*wanted);
}

/// What only the host knows: the id of a new release, which release is gone back to.
Plan completed(const Layout& layout, Plan plan) {
  if (plan.kind == Plan::Kind::rollback) {
    plan.release = release_meant(layout, plan.release, false).id;
    return plan;
  }
  if (plan.kind == Plan::Kind::redeploy) {
    const auto kept = release_meant(layout, plan.code_of, true);
    plan.code_of = kept.id;
    plan.commit = kept.commit;
    plan.built = kept.built;
    plan.environment = with_commit(plan.environment, kept.commit);
  }
  plan.release = new_release_id(layout, plan.commit);
  return plan;
}

std::string name_of_run(const Layout& layout, const Plan& plan) {
  if (plan.kind != Plan::Kind::rollback) return plan.release;
  auto time = time_after_all_runs(layout);
  auto run = stamp(time) + "-rollback";
  for (; fs::exists(layout.run(run)); run = stamp(time) + "-rollback") time += std::chrono::seconds(1);
  return run;
}

}  // namespace

void require_same_current(const Plan& plan, const std::string& when_typed, const std::string& current) {
  const bool without_name = (plan.kind == Plan::Kind::rollback && plan.release.empty()) ||
                            (plan.kind == Plan::Kind::redeploy && plan.code_of.empty());
  if (!without_name || when_typed == current) return;
  throw Error("another release serves since this rollback was typed",
              when_typed.empty() ? "no release served then, now it is " + current
                                 : fmt::format("{} served then, now it is {}", when_typed, current),
              "nothing was touched; name the release to bring back: belay releases lists them",
              ExitCode::bad_input);
}

std::string open_new_run(const Layout& layout, const wire::Start& start,
                         const std::function<void(const fs::path& run)>& in_directory) {
  const auto plan = completed(layout, start.plan);
  const auto run = name_of_run(layout, plan);
  make_directories(layout.run(run));
  if (in_directory) in_directory(layout.run(run));
  if (!start.secrets.empty())
    write_file_atomically(layout.secrets(run), boost::json::serialize(start.secrets), 0600);
  auto journal = Journal::create(layout.journal(run));
  journal.append(event::Opened{.plan = plan,
                               .run = run,
                               .nonce = random_nonce(),
                               .previous = ReleaseStore(layout).current(),
                               .belay_version = BELAY_VERSION});
  return run;
}

}  // namespace belay
