#include "saga/bounded_output.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace belay {

BoundedOutput::Kept& BoundedOutput::of(StepName step) {
  for (auto& [name, kept] : steps_)
    if (name == step) return kept;
  return steps_.emplace_back(step, Kept{}).second;
}

bool BoundedOutput::takes(StepName step, const std::string& line) {
  auto& kept = of(step);
  if (!kept.first_is_full && kept.first_bytes + line.size() <= most_) {
    kept.first_bytes += line.size() + 1;
    return true;
  }
  // From here on: a short line must not overtake the long one before it.
  kept.first_is_full = true;
  kept.last.push_back(line);
  kept.last_bytes += line.size() + 1;
  drop_oldest(kept);
  return false;
}

void BoundedOutput::drop_oldest(Kept& kept) const {
  while (kept.last_bytes > most_ && !kept.last.empty()) {
    kept.last_bytes -= kept.last.front().size() + 1;
    kept.last.pop_front();
    ++kept.left_out;
  }
}

void BoundedOutput::lost(StepName step) {
  ++of(step).left_out;
}

std::vector<event::Output> BoundedOutput::rest(StepName step) {
  const auto found = std::ranges::find(steps_, step, [](const auto& one) { return one.first; });
  if (found == steps_.end()) return {};
  const auto kept = std::move(found->second);
  steps_.erase(found);
  std::vector<event::Output> lines;
  if (kept.left_out > 0)
    lines.push_back({step, fmt::format("({} lines of output are left out here)", kept.left_out)});
  for (const auto& line : kept.last) lines.push_back({step, line});
  return lines;
}

}  // namespace belay
