#include "cli/notices.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include <boost/json/object.hpp>
#include <fmt/core.h>

#include "base/time.hpp"
#include "cli/run_summary.hpp"
#include "cli/step_summary.hpp"
#include "cli/text_width.hpp"
#include "model/secrets.hpp"

namespace belay::cli {
namespace {

Notice::Outcome outcome_of(const Ending& ending, bool rollback) {
  switch (ending.closed.outcome) {
    case RunOutcome::deployed:
      if (!ending.closed.errors.empty()) return Notice::Outcome::nothing_serves;
      return rollback ? Notice::Outcome::rolled_back : Notice::Outcome::deployed;
    case RunOutcome::rolled_back:
      return Notice::Outcome::went_back;
    case RunOutcome::left_in_place:
      return Notice::Outcome::left_in_place;
    default:
      return Notice::Outcome::nothing_serves;
  }
}

std::string what_failed(const RunSummary& run) {
  if (run.failure) return fmt::format("{}: {}", to_string(run.failure->step), run.failure->message);
  if (!run.closed.errors.empty()) return run.closed.errors;
  return run.closed.outcome == RunOutcome::deployed ? "" : run.closed.message;
}

Notice begun(const Audience& audience) {
  Notice notice;
  notice.app = audience.app;
  notice.environment = audience.environment->name;
  notice.rollback = audience.rollback;
  notice.at = now();
  return notice;
}

std::string line_of(const SentNotice& sent) {
  if (sent.ok) return fmt::format("{}: {}", sent.target, sent.answer);
  return fmt::format("the notice to {} was not sent: {}{}", sent.target, sent.answer,
                     sent.attempts > 1 ? fmt::format(" ({} attempts)", sent.attempts) : "");
}

Notice::Outcome outcome_of(const Error& error, bool handed_over, bool stopped) {
  if (error.exit_code() == ExitCode::frozen) return Notice::Outcome::frozen;
  if (error.exit_code() != ExitCode::failed) return Notice::Outcome::called_off;  // such as a mistyped name
  if (handed_over) return Notice::Outcome::unknown;
  return stopped ? Notice::Outcome::called_off : Notice::Outcome::not_begun;
}

}  // namespace

Notice notice_of(const Audience& audience, const Ending& ending) {
  const RunSummary run = summarise(ending);
  Notice notice = begun(audience);
  notice.rollback = run.plan.kind != Plan::Kind::deploy;
  notice.outcome = outcome_of(ending, notice.rollback);
  notice.release = ending.closed.serving;
  if (!is_good(notice) && run.plan.release != notice.release) notice.candidate = run.plan.release;
  notice.commit = run.plan.commit;
  notice.by = run.plan.by;
  if (run.plan.reason) notice.reason = run.plan.reason->shown();
  notice.failure = what_failed(run);
  notice.url = job_result(ending).url;
  notice.run = ending.run;
  notice.took = run.plan.gate.took + (run.ended - run.began);
  notice.at = run.ended;
  return notice;
}

Notice notice_of(const Audience& audience, const Error& error, bool handed_over, bool stopped) {
  Notice notice = begun(audience);
  notice.outcome = outcome_of(error, handed_over, stopped);
  (notice.outcome == Notice::Outcome::frozen ? notice.reason : notice.failure) = error.message();
  notice.by = this_author();
  return notice;
}

void show_notice(const SentNotice& sent, Context& context, bool json, bool all) {
  if (json) {
    context.out.json(boost::json::object{{"type", "notice-sent"},
                                         {"at", iso8601(now())},
                                         {"target", sent.target},
                                         {"ok", sent.ok},
                                         {"answer", sent.answer},
                                         {"attempts", sent.attempts}});
    return;
  }
  if (sent.ok && !all) return;
  const Style& style = context.out_surface.style;
  const auto line = printable(line_of(sent));
  const auto shown = fmt::format("  {} {}\n", sent.ok ? style.green(style.tick()) : style.yellow("!"), line);
  if (!context.platform) return context.out.write(shown);
  context.out.write(context.platform->as_text(shown));
  if (!sent.ok)
    context.out.write(context.platform->annotated(
        {.level = Annotation::Level::warning, .title = "a notice was not sent", .message = line}));
}

RunNotices::RunNotices(const std::optional<Audience>& audience, Context& context, bool json)
    : audience_(audience), context_(context), json_(json) {}

void RunNotices::found(const Commit& commit) {
  if (!audience_) return;
  commit_ = commit;
  Notice notice = begun(*audience_);
  notice.outcome = Notice::Outcome::begun;
  notice.commit = commit;
  notice.by = this_author();
  const auto& targets = audience_->environment->notify;
  if (std::ranges::none_of(targets, [&](const NoticeTarget& one) { return one.wants(notice); })) return;
  beginning_.emplace(std::function<Sent()>(
      [&targets, notice = masked(notice)] { return send_notices(targets, notice, {}); }));
}

void RunNotices::ended(const Ending& ending) {
  if (audience_) tell(notice_of(*audience_, ending));
}

void RunNotices::failed(const Error& error, bool handed_over) {
  if (!audience_) return;
  Notice notice = notice_of(*audience_, error, handed_over, context_.stop().stop_requested());
  notice.commit = commit_;
  tell(notice);
}

/// Not with the command's own stop: whoever stops a deployment wants it to be known.
void RunNotices::tell(const Notice& notice) {
  Sent all;
  if (beginning_) all = beginning_->get();  // a server shows what it got last
  beginning_.reset();
  for (auto& sent : send_notices(audience_->environment->notify, masked(notice), {}))
    all.push_back(std::move(sent));
  std::set<std::string> said;  // of a target that fails twice: once
  for (const auto& sent : all)
    if (json_ || said.insert(line_of(sent)).second) show_notice(sent, context_, json_, false);
}

/// A failure may quote what a program said, and a commit or a reason what somebody typed.
Notice RunNotices::masked(Notice notice) const {
  const EnvironmentConfig& environment = *audience_->environment;
  Values values = environment.variables;
  for (const auto& [name, value] : environment.notify_values) values.emplace(name, value);
  const Masks masks = masks_of(environment, values);
  for (auto* text :
       {&notice.commit.subject, &notice.commit.branch, &notice.reason, &notice.failure, &notice.url})
    *text = masks.masked(*text);
  return notice;
}

}  // namespace belay::cli
