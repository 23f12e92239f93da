#include "cli/step_summary.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "base/human.hpp"
#include "cli/run_summary.hpp"
#include "cli/text_width.hpp"
#include "cli/time_text.hpp"
#include "model/url.hpp"
#include "model/utf8.hpp"

namespace belay::cli {
namespace {

constexpr std::size_t most_block_bytes = 64UL * 1024;

/// Text as it is, whatever Markdown or HTML it holds.
std::string plain(std::string_view text) {
  std::string result;
  for (const char c : printable(text)) {
    if (c == '<')
      result += "&lt;";
    else if (c == '&')
      result += "&amp;";
    else if (std::string_view("\\`*_[]>|~#").contains(c))
      result += std::string("\\") + c;
    else
      result += c == '\n' ? ' ' : c;
  }
  return result;
}

/// The longest row of backticks decides how long the fence is.
std::string fence_for(std::string_view text) {
  std::size_t longest = 2, row = 0;
  for (const char c : text) longest = std::max(longest, row = c == '`' ? row + 1 : 0);
  return std::string(longest + 1, '`');
}

/// A block of code with the end of `text`.
std::string block(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  if (text.empty()) return {};
  if (text.size() > most_block_bytes) text = "…\n" + valid_utf8(text.substr(text.size() - most_block_bytes));
  const auto fence = fence_for(text);
  return fmt::format("{0}text\n{1}\n{0}\n\n", fence, text);
}

std::string printable_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += printable(line) + "\n";
  return text;
}

class Summary {
 public:
  explicit Summary(const Ending& ending) : run_(summarise(ending)) {}

  std::string written() {
    text_ = fmt::format("### {}\n\n", headline());
    reason();
    facts();
    next();
    durations();
    return std::move(text_);
  }

 private:
  const event::Closed& closed() const { return run_.closed; }
  bool deployed() const { return closed().outcome == RunOutcome::deployed; }
  bool began(StepName name) const {
    return std::ranges::find(run_.steps, to_string(name), &RunSummary::Step::name) != run_.steps.end();
  }

  std::string headline() const {
    const std::string app = plain(run_.plan.app), where = plain(run_.plan.environment.name);
    const std::string serving = plain(closed().serving);
    if (deployed()) {
      const char* what = run_.plan.kind == Plan::Kind::deploy ? "was deployed to" : "was rolled back on";
      if (!closed().errors.empty())
        return fmt::format("❌ {} {} {}, and {}", app, what, where, plain(closed().errors));
      return fmt::format("✅ {} {} {}", app, what, where);
    }
    if (closed().outcome == RunOutcome::rolled_back && !serving.empty())
      return fmt::format("↩️ The deployment of {} to {} failed. Release {} {}", app, where, serving,
                         began(StepName::switch_over) ? "serves again" : "still serves");
    if (closed().outcome == RunOutcome::rolled_back)
      return fmt::format("❌ The deployment of {} to {} failed. What serves was not touched", app, where);
    if (closed().outcome == RunOutcome::left_in_place)
      return fmt::format("❌ The deployment of {} to {} failed and was left in place (rollback: false)", app,
                         where);
    return fmt::format("❌ The deployment of {} to {} failed, and nothing good serves", app, where);
  }

  void reason() {
    if (!run_.failure) return;
    const auto& failed = *run_.failure;
    text_ += fmt::format("**{} failed:** {}\n\n", to_string(failed.step), plain(failed.message));
    text_ += block(printable_text(failed.why));
    if (failed.container_log.empty()) return;
    text_ += fmt::format("The last lines of {}:\n\n",
                         failed.container.empty() ? "the container" : plain(failed.container));
    text_ += block(printable_lines(failed.container_log));
  }

  static std::string printable_text(const std::string& text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find('\n', at), text.size());
      result += printable(std::string_view(text).substr(at, end - at)) + "\n";
      at = end + 1;
    }
    return result;
  }

  void fact(const char* name, const std::string& value) {
    if (!value.empty()) text_ += fmt::format("| {} | {} |\n", name, value);
  }

  void facts() {
    text_ += "| | |\n|---|---|\n";
    fact("serves now", closed().serving.empty() ? "nothing that belay verified" : plain(closed().serving));
    fact("commit", commit());
    fact("by", run_.plan.by.user.empty() ? "" : plain(run_.plan.by.shown()));
    fact("reason", run_.plan.reason ? plain(run_.plan.reason->shown()) : "");
    fact("checked", plain(closed().checked));
    fact("gap", gap());
    fact("since", deployed() && run_.committed ? time_text(*run_.committed) : "");
    fact("served before", plain(run_.previous));
    fact("database", database());
    fact("backup", plain(closed().backup));
    fact("run", plain(run_.run));
    text_ += "\n";
  }

  std::string commit() const {
    const Commit& commit = run_.plan.commit;
    if (commit.id.empty()) return {};
    return fmt::format("{}{} {}{}", commit.dirty ? "a working tree, based on " : "", commit.abbreviated(),
                       plain(commit.subject), commit.branch.empty() ? "" : plain(" (" + commit.branch + ")"));
  }

  /// In the words of the step that stops the old release and starts the new one.
  std::string gap() const {
    const auto step =
        std::ranges::find(run_.steps, to_string(StepName::switch_over), &RunSummary::Step::name);
    return step == run_.steps.end() ? "none: the old release was not stopped" : plain(step->summary);
  }

  /// Code goes back, data does not.
  std::string database() const {
    if (deployed() || !began(StepName::migrate)) return {};
    const bool broke = run_.failure && run_.failure->step == StepName::migrate;
    return broke || run_.unfinished == to_string(StepName::migrate)
               ? "the migration did not finish; a part of it may be in the database"
               : "the migration ran, and is not undone";
  }

  void next() {
    std::vector<std::string> lines;
    const std::string& name = run_.plan.environment.name;
    if (run_.failure && !run_.failure->next.empty()) lines.push_back(plain(run_.failure->next));
    if (!closed().unfinished.empty()) lines.push_back("Not finished yet: " + plain(closed().unfinished));
    if (deployed() && !run_.first_deployment())
      lines.push_back(fmt::format("To roll back: `belay rollback {} {}`", name, run_.previous));
    if (!deployed() && closed().outcome != RunOutcome::rolled_back)
      lines.push_back(fmt::format("See what the app prints: `belay logs {}`", name));
    if (!deployed())
      lines.push_back(run_.plan.kind == Plan::Kind::deploy
                          ? "Fix what failed, and push again."
                          : fmt::format("`belay releases {}` lists the releases to roll back to.", name));
    if (lines.empty()) return;
    text_ += "**What to do next**\n\n";
    for (const auto& line : lines) text_ += "- " + line + "\n";
    text_ += "\n";
  }

  void durations() {
    if (run_.steps.empty()) return;
    text_ += "| step | took | |\n|---|---:|---|\n";
    for (const auto& step : run_.steps) {
      if (!step.failed && step.took < std::chrono::milliseconds(10)) continue;  // a record, no work
      text_ += fmt::format("| {} | {} | {} |\n", step.name, human_duration(step.took),
                           step.failed ? "**failed**" : plain(step.summary));
    }
    text_ += "\n";
  }

  RunSummary run_;
  std::string text_;
};

/// Whether every container of the release ran before, as it was to run.
bool changed_nothing(const Ending& ending) {
  std::vector<std::string> stayed, serve;
  const auto ids = [](const std::vector<PreviousContainer>& containers) {
    std::vector<std::string> all;
    for (const auto& one : containers) all.push_back(one.id);
    return all;
  };
  for (const Record& record : ending.records) {
    const auto* noted = std::get_if<event::Noted>(&record.event);
    if (!noted) continue;
    if (const auto note = note_in<notes::UnchangedContainers>(*noted)) stayed = ids(note->value);
    if (const auto note = note_in<notes::Candidates>(*noted)) serve = ids(note->value);
  }
  return !stayed.empty() && std::ranges::all_of(serve, [&](const std::string& id) {
    return std::ranges::find(stayed, id) != stayed.end();
  });
}

std::string outcome_of(const Ending& ending) {
  if (ending.closed.outcome == RunOutcome::rolled_back) return "rolled-back";
  if (ending.closed.outcome != RunOutcome::deployed || !ending.closed.errors.empty()) return "failed";
  return changed_nothing(ending) ? "unchanged" : "deployed";
}

/// The site that the health check asks from outside.
std::string site_of(const EnvironmentConfig& environment) {
  if (environment.health.from != HealthCheck::From::controller) return {};
  const auto url = parse_url(environment.health.url);
  return url ? fmt::format("{}://{}/", url->scheme, url->authority()) : "";
}

}  // namespace

std::string step_summary(const Ending& ending) {
  return Summary(ending).written();
}

JobResult job_result(const Ending& ending) {
  const RunSummary run = summarise(ending);
  return {.environment = run.plan.environment.name,
          .outcome = outcome_of(ending),
          .release = ending.closed.serving,
          .url = site_of(run.plan.environment),
          .run = ending.run};
}

std::string error_summary(const Error& error, const std::string& text, const std::string& environment) {
  const auto code = error.exit_code();
  const bool untouched = code == ExitCode::bad_input || code == ExitCode::frozen;
  return fmt::format("### ❌ The deployment{} did not take place: {}\n\n{}{}",
                     environment.empty() ? "" : " to " + plain(environment), plain(error.message()),
                     untouched ? "Nothing was touched.\n\n" : "", block(text));
}

std::string skipped_summary(const std::string& environment, const std::string& reason) {
  return fmt::format("### ⏭️ Not deployed to {}\n\n{}\n\n", plain(environment), plain(reason));
}

}  // namespace belay::cli
