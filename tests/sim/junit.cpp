#include "junit.hpp"

#include <fstream>

#include <fmt/core.h>

namespace belay::sim {

namespace {

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '"')
      safe += "&quot;";
    else
      safe += c;
  }
  return safe;
}

}  // namespace

void write_junit(const std::string& file, const std::vector<Case>& cases) {
  std::size_t failures = 0;
  for (const auto& one : cases) failures += one.broken.empty() ? 0 : 1;
  std::ofstream out(file);
  out << fmt::format("<testsuite name=\"sim\" tests=\"{}\" failures=\"{}\">\n", cases.size(), failures);
  for (const auto& one : cases) {
    out << fmt::format("  <testcase classname=\"sim\" name=\"{} ({} schedules)\">\n", escaped(one.name),
                       one.schedules);
    for (const auto& broken : one.broken) out << fmt::format("    <failure>{}</failure>\n", escaped(broken));
    out << "  </testcase>\n";
  }
  out << "</testsuite>\n";
}

}  // namespace belay::sim
