#include "steps/watched_window.hpp"

#include <fmt/core.h>

#include "base/clock.hpp"
#include "edge/traffic.hpp"
#include "steps/readiness.hpp"

namespace belay {

namespace {

constexpr auto between_looks = std::chrono::milliseconds(200);
constexpr auto between_reports = std::chrono::seconds(5);

std::string report_text(const std::string& figures, bool time_is_over) {
  if (!time_is_over) return figures;
  return fmt::format("{}; it waits until the candidate has had {} requests (belay promote goes on at once)",
                     figures, Judge::least_requests);
}

}  // namespace

std::string watch_window(Context& context, StepName step, const Window& window) {
  using Next = JudgedWindow::Finding::Next;
  JudgedWindow judged(window, windows_of(context.environment()));
  const auto over = Deadline::in(window.time);
  auto report = Deadline::in(between_reports);
  while (true) {
    const auto traffic = context.traffic->compared();
    const bool time_is_over = over.expired();
    const auto finding = judged.look(traffic.candidate, traffic.current, time_is_over);
    throw_if_candidate_died(context);
    if (finding.next == Next::aborts)
      throw Error(finding.why, finding.figures, "its log may say why; thresholds: abort_if in belay.yml");
    if (const auto reason = context.ledger.asked_for("promote"))
      return fmt::format("promoted by hand{}; {}", reason->empty() ? "" : ": " + *reason, finding.figures);
    if (finding.next == Next::ends_well) return finding.figures;
    if (report.expired()) {
      report = Deadline::in(between_reports);
      context.ledger.output(step, report_text(finding.figures, time_is_over));
    }
    pause(between_looks);
  }
}

}  // namespace belay
