#include <algorithm>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/link_tree.hpp"
#include "drivers/listed_tree.hpp"
#include "model/tree_change.hpp"
#include "release/source_tree.hpp"
#include "runtime/late_arrivals.hpp"
#include "steps/env_files.hpp"
#include "steps/live_directory.hpp"
#include "steps/step.hpp"

namespace belay::sync {

namespace {

constexpr auto longest_transfer = std::chrono::minutes(30);

/// The source of the kept release, as second names of the same files.
std::string take_from_kept_release(const Context& context) {
  const auto kept = context.layout.source(context.plan.code_of),
             source = context.layout.source(context.release);
  if (!fs::is_directory(kept))
    throw Error(fmt::format("release {} has no source", context.plan.code_of),
                "belay adopted this release and did not deploy it, so its environment cannot be replaced",
                "leave out --current-env: the release then comes back as it was", ExitCode::bad_input);
  make_directories(source.parent_path());
  remove_tree(source);  // of an apply that did not end
  link_tree(kept, source);
  return "the source of " + context.plan.code_of;
}

/// All of the release before, by hard links: several times as fast as rsync's --link-dest, which looks at
/// each file in two places. Only a help: what cannot be linked is sent.
LinkedSource link_unchanged(const Context& context, const fs::path& before, const fs::path& source) {
  LinkedSource linked{.release = context.previous, .mark = {}};
  try {
    link_tree(before, source);
    linked.mark = mark_of(listed_tree(source));
  } catch (const Error& error) {
    context.ledger.output(StepName::sync, error.message_and_why() + ": what is not linked is sent");
  }
  return linked;
}

/// False: it did not come out as the tree that the controller ships.
bool make_source(const fs::path& source, const LinkedSource& linked, const std::string& packed_change) {
  const TreeChange change = unpacked(packed_change);
  if (change.from != linked.mark) return false;
  make_change(source, change);
  return mark_of(listed_tree(source)) == change.to;
}

ControllerReply ask_for_source(const Context& context, const std::string& what) {
  ControllerReply heard = context.ledger.ask_controller(what, context.layout.source(context.release).string(),
                                                        longest_transfer, context.stop);
  if (heard.what == "nobody")
    throw Error("the source did not arrive", heard.detail,
                "deploy again from a machine that stays connected until the source is here");
  if (!heard.ok) throw Error("the source could not be transferred", heard.detail, {});
  return heard;
}

/// The controller answers with the change of the linked tree, or has rsync bring the source.
std::string source_of_controller(const Context& context, const LinkedSource& linked) {
  const ControllerReply heard = ask_for_source(context, std::string(errand_of_source));
  if (!heard.change || make_source(context.layout.source(context.release), linked, *heard.change))
    return heard.detail;
  context.ledger.output(StepName::sync,
                        "the change did not make the tree that is shipped: rsync brings the source");
  return ask_for_source(context, std::string(errand_of_source_by_rsync)).detail;
}

std::string bring_source(Context& context) {
  if (context.plan.kind == Plan::Kind::redeploy) return take_from_kept_release(context);
  const auto source = context.layout.source(context.release);
  make_directories(source);
  const auto before = context.layout.source(context.previous);
  const bool has_before = !context.previous.empty() && fs::is_directory(before);
  const auto& timed = context.plan.sources_with_our_times;
  const bool by_time = has_before && std::ranges::find(timed, before.string()) != timed.end();
  const LinkedSource linked = by_time ? link_unchanged(context, before, source) : LinkedSource{};
  note(context.ledger, notes::LinkedTree{linked});
  note(context.ledger, notes::LinkDestination{has_before && !by_time ? before.string() : std::string{}});

  auto summary = source_of_controller(context, linked);
  if (!context.environment().has_compose_on_host() && !fs::exists(source / compose_file_of(context)))
    throw Error(fmt::format("the source has no {}", compose_file_of(context)),
                "the source that arrived lacks the compose file that this environment names",
                "check `compose:` and `sync: exclude:` in belay.yml");
  require_variables_may_be_replaced(context);
  return summary;
}

}  // namespace

std::string apply(Context& context) {
  auto summary = bring_source(context);
  keep_env_files(context);
  return summary;
}

std::string undo(Context& context) {
  // The controller's rsync may not know yet that it is over, and go on writing for a moment.
  remove_with_late_arrivals(context.ledger.ended(StepName::sync), [&] {
    std::error_code failed;  // tried again below, where a failure counts
    return static_cast<int>(fs::remove_all(context.layout.release(context.release), failed) != 0);
  });
  context.store.remove(context.release);
  return "the release's directory is gone";
}

}  // namespace belay::sync
