#include "cli/gitlab.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/core.h>

namespace belay::cli {
namespace {

std::string mark(const char* kind, Time at, const std::string& name) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
  return fmt::format("\x1b[0Ksection_{}:{}:{}\r\x1b[0K", kind, seconds, name);
}

/// Letters, digits and "_" are what the name of a section may consist of.
std::string as_name(std::string title) {
  std::ranges::replace_if(title, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return title;
}

}  // namespace

Gitlab::Gitlab(const VariableLookup& variable) : dotenv_(variable("BELAY_DOTENV").value_or("")) {}

std::string Gitlab::fold_begins(const std::string& title, Time at) {
  section_ = fmt::format("belay_{}_{}", ++sections_, as_name(title));
  return mark("start", at, section_) + title + "\n";
}

std::string Gitlab::fold_ends(Time at) {
  return mark("end", at, section_) + "\n";
}

/// A value of a dotenv report is one line.
std::string Gitlab::write_result(const JobResult& result) {
  std::string text;
  for (const auto& [name, value] : {std::pair<const char*, std::string>{"ENVIRONMENT", result.environment},
                                    {"OUTCOME", result.outcome},
                                    {"RELEASE", result.release},
                                    {"URL", result.url},
                                    {"RUN", result.run}}) {
    std::string line = value;
    std::ranges::replace(line, '\n', ' ');
    text += fmt::format("BELAY_{}={}\n", name, line);
  }
  return append(dotenv_, text);
}

}  // namespace belay::cli
