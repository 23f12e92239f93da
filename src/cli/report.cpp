#include "cli/report.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/human.hpp"
#include "cli/error_text.hpp"
#include "cli/run_summary.hpp"
#include "cli/table.hpp"
#include "cli/text_width.hpp"
#include "cli/time_text.hpp"
#include "model/utf8.hpp"

namespace belay::cli {
namespace {

constexpr int bar_columns = 24;

constexpr std::size_t shown_line_bytes = 240;

/// Each line of a log, cut so that the verdict stays in sight. The whole log is on the host.
std::vector<std::string> with_short_lines(std::vector<std::string> log) {
  for (auto& line : log)
    if (line.size() > shown_line_bytes) line = valid_utf8(line.substr(0, shown_line_bytes)) + " …";
  return log;
}

class Report {
 public:
  Report(const Ending& ending, const Style& style) : run_(summarise(ending)), style_(style) {}

  std::string written() {
    text_ = "\n";
    if (run_.closed.outcome == RunOutcome::deployed)
      success();
    else
      failure();
    return std::move(text_);
  }

 private:
  const std::string& environment() const { return run_.plan.environment.name; }
  bool rollback() const { return run_.plan.kind != Plan::Kind::deploy; }

  void line(const std::string& words) { text_ += words + "\n"; }

  void success() {
    const char* what = rollback() ? "Rolled back as asked." : "Deployed.";
    if (!run_.closed.errors.empty())
      line(style_.bold_red(fmt::format("{} {} {} now serves {}, and {}", style_.cross(), what, environment(),
                                       run_.closed.serving, run_.closed.errors)));
    else
      line(style_.bold_green(
          fmt::format("{} {} {} now serves {}", style_.tick(), what, environment(), run_.closed.serving)));
    if (!run_.recovered_by.empty())
      line(fmt::format("  The process that ran it died; the {} finished it.", run_.recovered_by));
    facts();
    not_finished();
    failed_hooks();
    compose_warnings();
    accessories();
    replaced_edits();
    times();
    way_back();
  }

  void failure() {
    line(style_.bold_red(fmt::format("{} {}", style_.cross(), what_failed())));
    if (run_.failure) {
      const auto& failed = *run_.failure;
      for (const std::string& frame : failed.frames) line("  " + style_.dim("while " + frame));
      text_ += quoted_block(failed.why, style_);
      container_log(failed);
    }
    line("");
    line(verdict());
    facts();
    not_undone();
    not_finished();
    failed_hooks();
    compose_warnings();
    times();
    what_to_do();
  }

  std::string what_failed() const {
    if (run_.failure)
      return fmt::format("{} failed: {}", to_string(run_.failure->step), run_.failure->message);
    if (!run_.recovered_by.empty())
      return fmt::format("the process that ran it died{}",
                         run_.unfinished.empty() ? "" : " during " + run_.unfinished);
    return run_.closed.message.empty() ? "stopped before it was done" : run_.closed.message;
  }

  void container_log(const event::StepFailed& failed) {
    const auto log = with_short_lines(failed.container_log);
    if (log.empty()) return;
    const auto name = failed.container.empty() ? std::string{} : fmt::format(" ({})", failed.container);
    line("");
    line("  " + style_.bold((log.size() == 1 ? "the container's last line"
                                             : fmt::format("the container's last {} lines", log.size())) +
                            name));
    std::string text;
    for (const std::string& one : log) text += one + "\n";
    text_ += quoted_block(text, style_);
    if (!failed.logs.empty())
      line("  " + style_.dim(fmt::format("all of it:  belay logs {} --release {}", environment(),
                                         run_.plan.release)));
  }

  // What serves now, in a sentence that cannot be mistaken for a success.
  std::string verdict() const {
    switch (run_.closed.outcome) {
      case RunOutcome::nothing_serves:
        if (!run_.closed.errors.empty())
          return style_.bold_red(fmt::format("{} {}", style_.cross(), serves_errors()));
        break;
      case RunOutcome::rolled_back:
        return style_.bold_yellow(fmt::format("{} {}", style_.back(), still_serving()));
      case RunOutcome::left_in_place:
        return style_.bold_red(fmt::format(
            "{} Left as it is, because belay.yml says rollback: false. Nothing verified serves {}",
            style_.cross(), environment()));
      default:
        break;
    }
    return style_.bold_red(fmt::format("{} {}", style_.cross(), nothing_serving()));
  }

  // The health URL is answered well, and the edge counts errors of others.
  std::string serves_errors() const {
    return fmt::format(
        "{}, and {}{}", still_serving(), run_.closed.errors,
        began(StepName::migrate) ? ". The database was migrated, and the migration is not undone" : "");
  }

  std::string still_serving() const {
    const std::string& serving = run_.closed.serving;
    const std::string tried = rollback()       ? "Not brought back."
                              : was_replaced() ? "Rolled back."
                                               : "Not deployed.";
    if (serving.empty())
      return fmt::format("{} If anything serves {}, it was not touched", tried, environment());
    if (was_replaced()) return fmt::format("{} {} serves {} again", tried, environment(), serving);
    return fmt::format("{} {} still serves {}{}", tried, environment(), serving,
                       run_.closed.started_again.empty() ? "; it never stopped" : "");
  }

  std::string nothing_serving() const {
    if (run_.first_deployment())
      return fmt::format(
          "Nothing serves {}. This was the first deployment: there was no release to roll back to",
          environment());
    return fmt::format("NOTHING GOOD SERVES {}. {} should have come back, and did not", environment(),
                       run_.previous);
  }

  bool began(StepName name) const {
    return std::ranges::find(run_.steps, to_string(name), &RunSummary::Step::name) != run_.steps.end();
  }
  // Whether the old release ever stopped serving.
  bool was_replaced() const { return began(StepName::switch_over); }

  void facts() {
    const bool deployed = run_.closed.outcome == RunOutcome::deployed;
    const bool said =
        !run_.failure ? what_failed() == run_.closed.message : run_.closed.message == run_.failure->message;
    text_ += labelled({{deployed ? "commit" : "candidate", source()},
                       {"since", deployed && run_.committed ? time_text(*run_.committed) : ""},
                       {"by", run_.plan.by.user.empty() ? "" : run_.plan.by.shown()},
                       {"reason", run_.plan.reason ? printable(run_.plan.reason->shown()) : ""},
                       {"checked", printable(run_.closed.checked)},
                       {"note", said && !deployed ? "" : printable(run_.closed.message)},
                       {"tests", tests()},
                       {"undone", undone()},
                       {"kept", kept()},
                       {"database", database()},
                       {"backup", run_.closed.backup}},
                      style_);
  }

  std::string source() const {
    const Commit& commit = run_.plan.commit;
    if (commit.id.empty()) return "";
    std::string text = fmt::format("{} {}", commit.abbreviated(), printable(commit.subject));
    if (!commit.branch.empty()) text += fmt::format(" ({})", commit.branch);
    return commit.dirty ? style_.yellow("a working tree, not a commit") + ", based on " + text : text;
  }

  std::string tests() const {
    const GateResult& gate = run_.plan.gate;
    if (rollback()) return "";
    if (gate.skipped) return style_.yellow("skipped (--skip-test)");
    if (gate.commands == 0) return "none configured";
    return fmt::format("{} passed", counted(static_cast<std::size_t>(gate.commands), "command"));
  }

  std::string undone() const {
    std::string steps;
    for (const auto& undo : run_.undone)
      if (undo.ok && !undo.stays) steps += (steps.empty() ? "" : ", ") + undo.step;
    return steps;
  }

  // A migration is told of as the database.
  std::string kept() const {
    std::string steps;
    for (const auto& undo : run_.undone)
      if (undo.stays && undo.step != to_string(StepName::migrate))
        steps += (steps.empty() ? "" : ", ") + undo.step;
    return steps;
  }

  // Hooks that failed and changed nothing about the outcome.
  void failed_hooks() {
    for (const auto& [step, failed] : run_.failed_hooks)
      for (const FailedHook& one : failed) {
        line("");
        line(fmt::format("  {} {} failed {}", style_.yellow("!"), step, printable(one.hook)));
        text_ += quoted_block(one.why, style_, 4);
      }
  }

  // Also where the release failed: a variable that is not set may be why.
  void compose_warnings() {
    if (run_.compose_warnings.empty()) return;
    line("");
    for (const std::string& one : run_.compose_warnings)
      line(fmt::format("  {} compose file: {}", style_.yellow("!"), printable(one)));
  }

  // What serves beside this release is not all as its compose file says.
  void accessories() {
    for (const StaleAccessory& one : run_.accessories) {
      line("");
      line(fmt::format("  {} {}", style_.yellow("!"), printable(one.what)));
      text_ += next_line(fmt::format("To bring it up to date:  {}", one.remedy), style_, 4);
    }
  }

  // What somebody edited on the server is the release's now.
  void replaced_edits() {
    constexpr std::size_t most_shown = 10;
    if (!run_.replaced_edits) return;
    const auto& [directory, files] = *run_.replaced_edits;
    line("");
    line(fmt::format(
        "  {} {} not as the release before brought {}, and this one replaced {}:", style_.yellow("!"),
        files.size() == 1 ? "a file on the server was" : "files on the server were",
        files.size() == 1 ? "it" : "them", files.size() == 1 ? "it" : "them"));
    std::string text;
    for (std::size_t i = 0; i < std::min(files.size(), most_shown); ++i) text += printable(files[i]) + "\n";
    if (files.size() > most_shown) text += fmt::format("{} and more\n", style_.ellipsis());
    text_ += quoted_block(text, style_, 4);
    text_ += next_line(fmt::format("As edited {} there in {}. Commit the changes that should stay.",
                                   files.size() == 1 ? "it lies" : "they lie", printable(directory)),
                       style_, 4);
  }

  // Code goes back, data does not: said whenever it happened.
  std::string database() const {
    if (run_.closed.outcome == RunOutcome::deployed || !began(StepName::migrate)) return "";
    const bool broke = run_.failure && run_.failure->step == StepName::migrate;
    return style_.yellow(broke || run_.unfinished == to_string(StepName::migrate)
                             ? "the migration did not finish; a part of it may be in the database"
                             : "the migration ran, and is not undone");
  }

  void not_undone() {
    for (const auto& undo : run_.undone) {
      if (undo.ok) continue;
      line("");
      line(fmt::format(
          "  {} {}", style_.bold_red(style_.cross()),
          style_.red(fmt::format("{} could not be undone: {}", undo.step, printable(undo.message)))));
      text_ += quoted_block(undo.why, style_, 4);
    }
  }

  // The release serves as said above; what is left is belay's own work.
  void not_finished() {
    if (run_.closed.unfinished.empty()) return;
    line("");
    line(fmt::format("  {} Not all of it is finished yet:", style_.yellow("!")));
    text_ += quoted_block(run_.closed.unfinished, style_, 4);
    next(fmt::format("The host tries again by itself. To do it now:  belay host recover {}", environment()));
  }

  void times() {
    std::chrono::milliseconds longest{0}, gate{0};
    for (const auto& step : run_.steps) longest = std::max(longest, step.took);
    if (longest.count() == 0) return;
    if (!run_.steps.empty() && run_.steps.front().name == "test") gate = run_.steps.front().took;
    line("");
    line(style_.bold(fmt::format("  took {}", human_duration(gate + (run_.ended - run_.began)))));
    for (const auto& step : run_.steps) {
      if (step.took < std::chrono::milliseconds(10)) continue;  // a record, no work
      const double share = static_cast<double>(step.took.count()) / static_cast<double>(longest.count());
      std::string bar;
      for (int i = 0; i < std::lround(share * bar_columns); ++i) bar += style_.block();
      const std::string name = padded(step.name, 9);
      line(fmt::format("    {} {}  {}", step.failed ? style_.red(name) : name,
                       right_aligned(human_duration(step.took), 11),
                       step.failed ? style_.red(bar) : style_.cyan(bar)));
      trim();
    }
  }

  void trim() {  // a step of no length leaves spaces where its bar would be
    text_.erase(text_.find_last_not_of(" \n") + 1);
    text_ += '\n';
  }

  void next(const std::string& words) { text_ += next_line(words, style_); }

  void way_back() {
    line("");
    if (run_.first_deployment())
      next("There is no earlier release to roll back to. The next deployment can roll back to this one.");
    else
      next(fmt::format("To roll back:  belay rollback {} {}", environment(), run_.previous));
  }

  void what_to_do() {
    line("");
    const std::string& name = environment();
    if (run_.failure) next(run_.failure->next);
    if (!run_.held_back.empty())
      next(
          fmt::format("git tracks {}, and sync.exclude keeps it from being shipped. Anchor the pattern: "
                      "/uploads means the top directory only.",
                      printable(fmt::format("{}", fmt::join(run_.held_back, ", ")))));
    const bool serves = run_.closed.outcome == RunOutcome::rolled_back;
    if (!run_.closed.errors.empty() && began(StepName::migrate))
      next(
          "The release that serves is older than the database's schema: undo the migration by hand, or "
          "deploy a release that fits the schema.");
    if (!serves) next(fmt::format("See its log:  belay logs {}", name));
    if (!serves && !run_.first_deployment())
      next(fmt::format(
          "Bring back a release that was good:  belay releases {0}, then  belay rollback {0} RELEASE", name));
    if (rollback())
      next(fmt::format("belay releases {} lists the releases to roll back to.", name));
    else
      next(run_.failure ? fmt::format("Fix what failed, then  belay deploy {}  again.", name)
                        : fmt::format("belay deploy {}  starts again.", name));
  }

  RunSummary run_;
  const Style& style_;
  std::string text_;
};

}  // namespace

std::string report(const Ending& ending, const Style& style) {
  return Report(ending, style).written();
}

}  // namespace belay::cli
