#include <set>

#include <fmt/core.h>

#include "importer/drafting.hpp"

namespace belay::importer {

std::optional<std::string> typed_in_source(Drafting& d, const Found& found) {
  std::string command = found.text;
  const std::size_t mark = command.find('\x04');
  if (mark == std::string::npos) {
    if (d.source == ".") return command;
    d.one.findings.leave(found.at, command, "a command outside of `source`");
    return std::nullopt;
  }
  std::string directory = without_slash(command.substr(0, mark));
  while (directory.starts_with("./")) directory.erase(0, 2);
  command.erase(0, mark + 1);
  if (directory == d.source || directory.empty() || directory == ".") return command;
  if (d.source == ".") return fmt::format("cd {} && {}", directory, command);
  const auto inner = below(d.source, directory);
  return inner ? fmt::format("cd {} && {}", *inner, command)
               : fmt::format("cd \"$(git rev-parse --show-toplevel)/{}\" && {}", directory, command);
}

void draft_tests(Drafting& d) {
  std::vector<std::string> lines;
  std::set<std::string> told;
  const std::vector<Found> tests = d.one.findings.tests;
  for (const Found& test : tests)
    if (const auto command = typed_in_source(d, test); command && told.insert(*command).second)
      lines.push_back("- " + scalar(as_belay_text(*command)));
  if (!lines.empty()) d.add({"test", lines, from(tests.front().at)});
}

}  // namespace belay::importer
