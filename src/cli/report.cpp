#include "cli/report.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "base/human.hpp"
#include "cli/error_text.hpp"
#include "cli/run_summary.hpp"
#include "cli/table.hpp"
#include "cli/text_width.hpp"
#include "cli/time_text.hpp"

namespace belay::cli {
namespace {

constexpr int bar_columns = 24;

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
  bool rollback() const { return run_.plan.kind == Plan::Kind::rollback; }

  void line(const std::string& words) { text_ += words + "\n"; }

  void success() {
    const char* what = rollback() ? "Rolled back as asked." : "Deployed.";
    line(style_.bold_green(
        fmt::format("{} {} {} now serves {}", style_.tick(), what, environment(), run_.closed.serving)));
    if (!run_.recovered_by.empty())
      line(fmt::format("  The process that ran it died on the way; the {} finished it.", run_.recovered_by));
    facts();
    times();
    way_back();
  }

  void failure() {
    line(style_.bold_red(fmt::format("{} {}", style_.cross(), what_failed())));
    if (run_.failure) {
      const auto& failed = *run_.failure;
      for (const std::string& frame : failed.frames) line("  " + style_.dim("while " + frame));
      text_ += quoted_block(failed.why, style_);
      container_log(failed.container_log);
    }
    line("");
    line(verdict());
    facts();
    undone();
    times();
    what_to_do();
  }

  std::string what_failed() const {
    if (run_.failure)
      return fmt::format("{} failed: {}", to_string(run_.failure->step), run_.failure->message);
    if (!run_.recovered_by.empty()) return "The process that ran it died before it was done";
    return run_.closed.message.empty() ? "Stopped before it was done" : run_.closed.message;
  }

  void container_log(const std::vector<std::string>& log) {
    if (log.empty()) return;
    line("");
    line(fmt::format("  {}",
                     style_.bold(fmt::format("the container's last {}", counted(log.size(), "line")))));
    for (const std::string& one : log)
      line(fmt::format("  {} {}", style_.dim(style_.rule()), printable(one)));
  }

  // What serves now, in a sentence that cannot be mistaken for a success.
  std::string verdict() const {
    const std::string& name = environment();
    switch (run_.closed.outcome) {
      case RunOutcome::rolled_back:
        return style_.bold_yellow(fmt::format(
            "{} {}", style_.back(),
            was_replaced() ? fmt::format("Rolled back. {} serves {} again", name, run_.closed.serving)
                           : fmt::format("Not deployed. {} still serves {}; it was never touched", name,
                                         run_.closed.serving)));
      case RunOutcome::left_in_place:
        return style_.bold_red(fmt::format(
            "{} Left as it is, because belay.yml says rollback: false. Nothing verified serves {}",
            style_.cross(), name));
      default:
        break;
    }
    if (run_.first_deployment())
      return style_.bold_red(
          fmt::format("{} Nothing serves {}. This was the first deployment: there was nothing to go back to",
                      style_.cross(), name));
    return style_.bold_red(fmt::format("{} NOTHING GOOD SERVES {}. {} was to come back, and did not",
                                       style_.cross(), name, run_.previous));
  }

  // Whether the old release ever stopped serving.
  bool was_replaced() const {
    return std::ranges::any_of(run_.steps, [&](const RunSummary::Step& step) {
      return step.name == to_string(StepName::switch_over);
    });
  }

  void facts() {
    const Commit& commit = run_.plan.commit;
    const bool deployed = run_.closed.outcome == RunOutcome::deployed;
    std::string source = commit.id.empty() ? "" : fmt::format("{} {}", commit.abbreviated(), commit.subject);
    if (!commit.branch.empty()) source += fmt::format(" ({})", commit.branch);
    if (commit.dirty) source = style_.yellow("a working tree, not a commit") + ", based on " + source;
    const std::string since = deployed && run_.committed ? time_text(*run_.committed) : "";
    text_ += labelled({{deployed ? "commit" : "failed commit", printable_or_coloured(source)},
                       {"since", since},
                       {"by", run_.plan.by.user.empty() ? "" : run_.plan.by.shown()},
                       {"checked", printable(run_.closed.checked)},
                       {"tests", tests()},
                       {"backup", run_.closed.backup}},
                      style_);
    if (!run_.failure || run_.closed.message == run_.failure->message) return;
    if (!run_.closed.message.empty() && !deployed) line("  " + printable(run_.closed.message));
  }

  std::string printable_or_coloured(const std::string& text) const {
    return style_.colour ? text : printable(text);
  }

  std::string tests() const {
    const GateResult& gate = run_.plan.gate;
    if (rollback()) return "";
    if (gate.skipped) return style_.yellow("skipped (--skip-test)");
    if (gate.commands == 0) return "none configured";
    return fmt::format("{} passed", counted(static_cast<std::size_t>(gate.commands), "command"));
  }

  void undone() {
    if (run_.undone.empty()) return;
    line("");
    for (const auto& undo : run_.undone) {
      if (undo.ok) {
        line(fmt::format("  {} {}  {}", style_.yellow(style_.back()), padded(undo.step, 9),
                         undo.message.empty() ? "undone" : printable(undo.message)));
        continue;
      }
      line(fmt::format("  {} {}  {}", style_.bold_red(style_.cross()), padded(undo.step, 9),
                       style_.red("could not be undone: " + printable(undo.message))));
      text_ += quoted_block(undo.why, style_, 15);
    }
  }

  void times() {
    std::chrono::milliseconds longest{0}, gate{0};
    for (const auto& step : run_.steps) longest = std::max(longest, step.took);
    if (longest.count() == 0) return;
    if (!run_.steps.empty() && run_.steps.front().name == "test") gate = run_.steps.front().took;
    line("");
    line(style_.bold(fmt::format("  took {}", human_duration(gate + (run_.ended - run_.began)))));
    for (const auto& step : run_.steps) {
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
      next("There is nothing before this release to go back to; the next one will have this one.");
    else
      next(fmt::format("To go back to {}:  belay rollback {}", run_.previous, environment()));
  }

  void what_to_do() {
    line("");
    if (run_.failure) next(run_.failure->next);
    switch (run_.closed.outcome) {
      case RunOutcome::rolled_back:
        next(rollback()
                 ? fmt::format("belay releases {} lists what can be gone back to.", environment())
                 : fmt::format("Mend what failed, commit, and  belay deploy {}  again.", environment()));
        break;
      case RunOutcome::left_in_place:
        next(fmt::format("See what it says:  belay logs {}", environment()));
        if (!run_.first_deployment()) next(fmt::format("Go back:  belay rollback {}", environment()));
        break;
      default:
        next(fmt::format("See what it says:  belay logs {0}\nSee what is there:  belay status {0}",
                         environment()));
        if (!run_.first_deployment())
          next(fmt::format(
              "Try a release that was good:  belay releases {0}, then  belay rollback {0} RELEASE",
              environment()));
    }
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
