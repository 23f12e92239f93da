#include "control/changed_files.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/files.hpp"
#include "control/shipped_times.hpp"
#include "drivers/compose_files.hpp"
#include "model/layout.hpp"

namespace belay {

namespace {

/// Against the current release's source; a release that was adopted has none (then there is no answer).
std::optional<std::vector<rsync::Change>> against_release(Session& session,
                                                          const EnvironmentConfig& environment,
                                                          const Checkout& checkout, const HostFacts& facts,
                                                          std::stop_token stop) {
  const Layout layout{.live = environment.path, .state = facts.state};
  const fs::path source = layout.source(facts.current_release);
  rsync::Request request{.from = checkout.source,
                         .to = session.rsync_target(source),
                         .exclude = environment.sync.exclude,
                         .remove_extraneous = true,
                         .remote_shell = session.remote_shell()};
  if (ShippedTimes(checkout.times_memory()).are_in(environment.host.shown, source))
    request.compare = rsync::Compare::size_and_time;
  return rsync::preview(request, rsync::Modes::count, std::move(stop), Deadline::in(std::chrono::minutes(5)));
}

/// Against a live directory that was filled by hand: its times and modes are the hand's, contents count.
std::optional<std::vector<rsync::Change>> against_live_directory(Session& session,
                                                                 const EnvironmentConfig& environment,
                                                                 const Checkout& checkout,
                                                                 std::stop_token stop) {
  rsync::Request request{.from = checkout.source,
                         .to = session.rsync_target(environment.path),
                         .exclude = environment.sync.exclude,
                         .remove_extraneous = false,  // nothing there came with a release
                         .remote_shell = session.remote_shell()};
  request.exclude.push_back(state_directory_pattern);
  return rsync::preview(request, rsync::Modes::do_not_count, std::move(stop),
                        Deadline::in(std::chrono::minutes(5)));
}

/// Publishing leaves what the release no longer has, unless `sync.delete` says otherwise.
std::vector<rsync::Change> without_kept(std::vector<rsync::Change> changes,
                                        const EnvironmentConfig& environment) {
  if (!environment.sync.remove_extraneous)
    std::erase_if(changes,
                  [](const rsync::Change& change) { return change.kind == rsync::Change::Kind::removed; });
  return changes;
}

/// The files that would differ from what serves: from the current release's source, else from the live
/// directory, else all of them.
std::vector<rsync::Change> all_changes(Session& session, const EnvironmentConfig& environment,
                                       const Checkout& checkout, const HostFacts& facts,
                                       std::stop_token stop) {
  if (!facts.current_release.empty())
    if (auto changes = against_release(session, environment, checkout, facts, stop))
      return without_kept(std::move(*changes), environment);
  if (facts.path_exists)
    if (auto changes = against_live_directory(session, environment, checkout, stop)) return *changes;
  const TemporaryDirectory nothing("belay-plan-");
  const rsync::Request all{
      .from = checkout.source, .to = nothing.path().string(), .exclude = environment.sync.exclude};
  return rsync::preview(all, rsync::Modes::count, std::move(stop), Deadline::in(std::chrono::minutes(5)))
      .value_or(std::vector<rsync::Change>{});
}

/// What is built where belay is started is not built for a plan: what it will be is not known.
std::vector<rsync::Change> without_built(std::vector<rsync::Change> changes,
                                         const EnvironmentConfig& environment, const HostFacts& facts) {
  if (!environment.build.local) return changes;
  std::erase_if(changes, [&](const rsync::Change& change) {
    return facts.current_built && facts.current_built->has(change.path);
  });
  return changes;
}

}  // namespace

std::vector<rsync::Change> changed_files(Session& session, const EnvironmentConfig& environment,
                                         const Checkout& checkout, const HostFacts& facts,
                                         std::stop_token stop) {
  return without_built(all_changes(session, environment, checkout, facts, std::move(stop)), environment,
                       facts);
}

}  // namespace belay
