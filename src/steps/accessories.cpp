#include "steps/accessories.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "drivers/compose.hpp"
#include "runtime/accessories.hpp"
#include "runtime/compose_model.hpp"
#include "steps/live_directory.hpp"
#include "steps/step.hpp"

namespace belay {

namespace {

constexpr auto longest_start = std::chrono::minutes(10);

/// In a project that others share what is stopped may be in the middle of another deployment.
bool is_there(const Context& context, const Ownership& ours, const docker::Container& container) {
  if (container.running() || ours.shares_project()) return true;
  const auto inspection = context.engine.inspect(container.id);
  return inspection && inspection->ended_well();
}

}  // namespace

void start_accessories(Context& context, const ReleaseProject& project, const Ownership& ours) {
  std::vector<std::string> needed;
  for (const auto& service : accessories_of(context.model, context.services))
    if (std::ranges::none_of(ours.containers(service),
                             [&](const docker::Container& one) { return is_there(context, ours, one); }))
      needed.push_back(service);
  if (needed.empty()) return;
  compose::start(
      project.in_live(context.layout.compose_model(context.release), ours.project()), needed,
      ours.shares_project() ? compose::Dependencies::left_alone : compose::Dependencies::started,
      [&](const std::string& line) { context.ledger.output(StepName::create, line); }, context.stop,
      Deadline::in(longest_start));
}

void tell_what_stays_behind(Context& context, const Release& release, const Ownership& ours,
                            const Publication& publication, const std::vector<std::string>& unchanged) {
  std::vector<std::string> released, changed;
  for (const auto& change : publication.changes) changed.push_back(change.path);
  for (const auto& service : release.services) released.push_back(service.name);
  auto stale = stale_accessories(context.engine, ours, kept_model(context, context.release), released,
                                 {.environment = context.environment().name,
                                  .live = context.layout.live,
                                  .hashes = [&] { return release.accessories; },
                                  .changed = [&] { return changed; }});
  for (const auto& [service, file] : changed_files_of_services(context, publication))
    if (std::ranges::find(unchanged, service) != unchanged.end())
      stale.push_back(with_old_file(service, file, context.layout.live));
  note(context.ledger, notes::StaleAccessories{stale});
  for (const auto& one : stale)
    context.ledger.output(StepName::create, fmt::format("{}: {}", one.what, one.remedy));
}

}  // namespace belay
