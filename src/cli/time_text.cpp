#include "cli/time_text.hpp"

#include <algorithm>

#include "base/human.hpp"

namespace belay::cli {

std::string time_text(Time time) {
  if (time == Time{}) return "";
  std::string text = iso8601(time);  // 2026-01-12T10:33:25.123Z
  text[10] = ' ';
  return text.substr(0, 19) + " UTC";
}

std::string ago_text(Time then, Time now) {
  if (then == Time{}) return "";
  return human_duration(std::max(now - then, std::chrono::milliseconds(0))) + " ago";
}

}  // namespace belay::cli
