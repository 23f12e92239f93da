#include "edge/judged_window.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace belay {

int windows_of(const EnvironmentConfig& environment) {
  int windows = environment.soak ? 1 : 0;
  if (environment.canary)
    windows += static_cast<int>(
        std::ranges::count_if(environment.canary->steps, [](int share) { return share < 100; }));
  return windows;
}

JudgedWindow::JudgedWindow(const Window& window, int windows)
    : judge_(window.abort_if, windows), holds_without_data_(window.holds_without_data) {}

JudgedWindow::Finding JudgedWindow::look(const Served& candidate, const Served& current, bool time_is_over) {
  using Next = Finding::Next;
  const auto verdict = judge_.look(candidate, current);
  Finding finding{.figures = fmt::format("candidate: {}; current: {}", shown(candidate), shown(current))};
  if (verdict.worse) {
    finding.next = Next::aborts;
    finding.why = verdict.finding;
  } else if (time_is_over && (verdict.decided || !holds_without_data_)) {
    finding.next = Next::ends_well;
  }
  return finding;
}

}  // namespace belay
