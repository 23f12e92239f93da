#include "model/last_lines.hpp"

#include <utility>

#include "model/visible_text.hpp"

namespace belay {

void LastLines::add(std::string line) {
  lines_.push_back(line.size() > longest ? visible_text(line, longest) : std::move(line));
  if (lines_.size() > most_) lines_.pop_front();
}

std::string LastLines::text() const {
  std::string all;
  for (const auto& line : lines_) all += (all.empty() ? "" : "\n") + line;
  return all;
}

std::string LastLines::behind(const std::string& finding) const {
  return lines_.empty() ? finding : finding + "\n" + text();
}

}  // namespace belay
