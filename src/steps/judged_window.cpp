#include "steps/judged_window.hpp"

#include <algorithm>
#include <thread>

#include <fmt/core.h>

#include "base/human.hpp"
#include "steps/edge_traffic.hpp"
#include "steps/readiness.hpp"

namespace belay {

namespace {

constexpr auto between_looks = std::chrono::milliseconds(200);
constexpr auto between_reports = std::chrono::seconds(5);

std::string shown(const EdgeTraffic::Compared& traffic) {
  return fmt::format("candidate: {}; current: {}", shown(traffic.candidate), shown(traffic.current));
}

}  // namespace

int windows_of(const EnvironmentConfig& environment) {
  int windows = environment.soak ? 1 : 0;
  if (environment.canary)
    windows += static_cast<int>(
        std::ranges::count_if(environment.canary->steps, [](int share) { return share < 100; }));
  return windows;
}

std::string watch_window(Context& context, const Window& window) {
  Judge judge(window.abort_if, windows_of(context.environment()));
  const auto over = Deadline::in(window.time);
  auto report = Deadline::in(between_reports);
  while (true) {
    const auto traffic = context.traffic->compared();
    const auto verdict = judge.look(traffic.candidate, traffic.current);
    throw_if_candidate_died(context);
    if (verdict.worse)
      throw Error(verdict.finding, shown(traffic), "its log may say why; thresholds: abort_if in belay.yml");
    if (context.ledger.asked_for("promote")) return "promoted by hand; " + shown(traffic);
    if (over.expired() && (verdict.decided || !window.holds_without_data)) return shown(traffic);
    if (report.expired()) {
      report = Deadline::in(between_reports);
      const bool holds = over.expired();
      context.ledger.output(
          window.step,
          shown(traffic) +
              (holds ? fmt::format("; it holds until the candidate has had {} requests (belay promote "
                                   "goes on without)",
                                   Judge::least_requests)
                     : ""));
    }
    std::this_thread::sleep_for(between_looks);
  }
}

}  // namespace belay
