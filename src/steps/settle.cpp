#include <algorithm>
#include <functional>
#include <set>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/background.hpp"
#include "base/files.hpp"
#include "drivers/postgres.hpp"
#include "edge/certificates.hpp"
#include "runtime/candidate.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/freeze.hpp"
#include "steps/after_start.hpp"
#include "steps/attempt_edge.hpp"
#include "steps/live_directory.hpp"
#include "steps/made_again.hpp"
#include "steps/step.hpp"

namespace belay::settle {

namespace {

constexpr std::size_t kept_runs = 50;

/// Returns whether this was its first start: it was made again.
bool let_one_restart(Context& context, const docker::Container& candidate, const ReleasedService& service,
                     bool may_have_ended) {
  const auto policy = restart_policy_of(service.containers.front());
  const auto found = context.engine.inspect(candidate.id);
  context.engine.set_restart_policy(candidate.id, policy.name, policy.maximum);
  const bool has_done_its_work = may_have_ended && found && found->ended_well();
  const bool is_new = found && found->container.state == "created";
  // In a run that was closed already, others may have stopped it.
  const bool left_off =
      !is_new && context.ledger.taken_up_again() && noted<notes::CandidatesStarted>(context.ledger);
  if (!has_done_its_work && !left_off) context.engine.start(candidate.id);
  return is_new;
}

/// The restart policy the compose file asks for; until now a candidate that dies stays dead, and is undone.
/// It is started where a reboot came between the commit and this, or it was made again; save for one that has
/// ended well and may. What keeps one from it keeps no other.
void let_it_restart(Context& context, const Release& release) {
  const auto candidates = candidates_of(context, release);
  const auto one_shot = may_end(candidates, release);
  std::optional<Error> trouble;
  std::vector<PreviousContainer> started;
  for (const auto& candidate : candidates) {
    const auto service = std::ranges::find(release.services, service_of(candidate), &ReleasedService::name);
    if (service == release.services.end()) continue;
    try {
      if (let_one_restart(context, candidate, *service,
                          std::ranges::find(one_shot, candidate.id) != one_shot.end()))
        started.push_back({.id = candidate.id, .name = candidate.name, .service = service->name});
    } catch (const Error& error) {
      trouble = error;
    }
  }
  run_after_start_again(context, StepName::settle, release.id, started, trouble);
  if (trouble) throw *trouble;
  if (!noted<notes::CandidatesStarted>(context.ledger)) note(context.ledger, notes::CandidatesStarted{});
}

/// Whoever stands behind the edge now stays there through its restart, and a reboot; then the old release may
/// end.
void settle_edge(Context& context) {
  const auto turn = edge_turn(context, StepName::settle);
  turn.open_candidates();
  turn.drain_previous();
  turn.write_down();
  turn.wait_for_previous();
}

/// Of the edges that were, only the one in front of this release is left, under the name operators know.
void tidy_edges(Context& context) {
  const auto old = previous_edge(context);
  if (old && !edge_stays(context)) context.engine.remove(old->id);
  const auto edge = context.environment().edge ? edge_of_this_attempt(context) : std::nullopt;
  if (!edge) return remove_tree(context.layout.edge());
  clear_edge_directory(context.layout, *edge);
  const auto kept = edge_directory(context.layout, *edge);
  remove_other_certificates(context.environment().edge->tls, kept);
  for (const auto& entry : fs::directory_iterator(context.layout.edge()))
    if (entry.path() != kept) remove_tree(entry.path());
  give_final_name(edge_place(context), *edge);
}

/// The candidate takes the name and the tag that operators know. Nothing of the release before is removed
/// while a candidate is gone.
void take_over(Context& context, const Release& release) {
  require_kept_candidates(context, release);
  for (const auto& previous : previous_containers(context)) context.engine.remove(previous.id);
  for (const auto& service : release.services) {
    for (const auto& name : service.container_names)
      if (const auto candidate = context.engine.container_named(candidate_name(name, context.nonce)))
        context.engine.rename(candidate->id, name);
    if (service.live_image.find('@') != std::string::npos) continue;  // pinned by digest: no tag to move
    const auto [repository, tag] = repository_and_tag(service.live_image);
    context.engine.tag(service.image_id, repository, tag);
  }
}

/// An adopted release of an older belay has no source: only its compose file was kept.
void restore_compose_file(Context& context) {
  const auto release = context.store.find(context.release);
  const auto text = read_file_if_exists(context.layout.adopted_compose_file(context.release));
  if (!release || !text) return;
  const auto live = context.layout.live / release->compose_file;
  if (read_file_if_exists(live) != text) write_file_atomically(live, *text, 0644);
}

/// The live directory shows the source of what serves.
void publish_source(Context& context) {
  if (!fs::is_directory(context.layout.source(context.release))) return restore_compose_file(context);
  publish_the_rest(context);
}

/// A name for this commit alone (`image: shop:${BELAY_COMMIT}`) goes with its release.
bool names_commit(const std::string& image, const Commit& commit) {
  return (!commit.id.empty() && image.contains(commit.id)) ||
         (!commit.version.empty() && image.contains(commit.version));
}

/// Only what no kept release needs. Returns how many releases are kept.
std::size_t prune(Context& context, const std::string& current) {
  const auto releases = context.store.all();
  const auto before = good_before(releases, current);
  std::set<std::string> kept_images;
  int kept = 0;
  std::vector<const Release*> beyond;
  for (const auto& release : releases) {
    const bool keep = release.id == current || release.id == context.previous ||
                      (before && release.id == before->id) ||
                      (release.state == Release::State::good && kept < context.environment().keep_releases);
    if (!keep) {
      beyond.push_back(&release);
      continue;
    }
    if (release.state == Release::State::good) ++kept;
    for (const auto& service : release.services)
      kept_images.insert({service.frozen_image, service.live_image});
  }
  for (const auto* release : beyond) {
    for (const auto& service : release->services) {
      if (!kept_images.contains(service.frozen_image)) context.engine.untag(service.frozen_image);
      if (names_commit(service.live_image, release->commit) && !kept_images.contains(service.live_image))
        context.engine.untag(service.live_image);
    }
    context.store.remove(release->id);
  }
  if (const auto& rule = context.environment().backup)
    postgres::prune(context.layout.live / rule->directory, rule->keep);

  std::vector<std::string> runs;
  for (const auto& entry : fs::directory_iterator(context.layout.runs()))
    if (entry.path().filename() != context.release)  // this very run, should the clock have gone back
      runs.push_back(entry.path().filename().string());
  std::ranges::sort(runs, std::ranges::greater{});
  for (std::size_t i = kept_runs; i < runs.size(); ++i) remove_tree(context.layout.run(runs[i]));
  return releases.size() - beyond.size();
}

void record_what_serves(Context& context, Release& release) {
  const bool left_in_place = noted<notes::LeftInPlace>(context.ledger).has_value();
  release.state = left_in_place ? Release::State::failed : Release::State::good;
  if (release.switched == Time{} || context.plan.kind == Plan::Kind::rollback) release.switched = now();
  context.store.save(release);
  context.store.set_current(release.id);
}

/// What settle does, part by part: one that fails keeps no other from being done.
class Parts {
 public:
  void attempt(const std::string& what, const std::function<void()>& act) {
    try {
      act();
    } catch (const std::exception& error) {
      const auto* ours = dynamic_cast<const Error*>(&error);
      failed_.push_back({what, ours != nullptr ? ours->message_and_why() : error.what()});
    }
  }
  bool all_well() const { return failed_.empty(); }
  void throw_if_one_failed() const {
    if (failed_.empty()) return;
    std::vector<std::string> names, reasons;
    for (const auto& [what, why] : failed_) {
      names.push_back(what);
      if (std::ranges::find(reasons, why) == reasons.end()) reasons.push_back(why);
    }
    throw Error(fmt::format("not done yet: {}", fmt::join(names, ", ")),
                fmt::format("{}", fmt::join(reasons, "\n")));
  }

 private:
  struct Failed {
    std::string what, why;
  };
  std::vector<Failed> failed_;
};

}  // namespace

std::string apply(Context& context) {
  auto release = release_of(context);
  Parts parts;
  parts.attempt("its lost containers", [&] { make_lost_candidates_again(context, release); });
  // Before anything is written: from here on a reboot brings it back.
  parts.attempt("its restart policy", [&] { let_it_restart(context, release); });
  parts.attempt("the record of what serves", [&] { record_what_serves(context, release); });
  // The Engine's part and the files' part touch nothing in common.
  Beside published([&] { publish_source(context); });
  // The release before goes last of all: until then it can be gone back to.
  if (context.environment().edge)
    parts.attempt("the edge", [&] {
      require_kept_candidates(context, release);
      settle_edge(context);
    });
  if (parts.all_well())
    parts.attempt("the release before", [&] {
      take_over(context, release);
      tidy_edges(context);
    });
  parts.attempt("the live directory", [&] { published.get(); });
  std::size_t kept = 0;
  parts.attempt("the files and containers that are not needed any more", [&] {
    for (const auto& scratch :
         {context.layout.view(release.id), context.layout.release(release.id) / "context"})
      remove_tree(scratch);
    kept = prune(context, release.id);
  });
  parts.throw_if_one_failed();
  return kept == 1 ? "1 release kept" : fmt::format("{} releases kept", kept);
}

std::string undo(Context&) {
  return {};
}

}  // namespace belay::settle
