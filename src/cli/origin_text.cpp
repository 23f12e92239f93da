#include "cli/origin_text.hpp"

#include <vector>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/human.hpp"
#include "cli/style.hpp"
#include "cli/text_width.hpp"

namespace belay::cli {

std::string origin_text(const Release& release, const std::string& before, const std::string& after) {
  const bool adopted = release.origin == Release::Origin::adopted;
  if (adopted && release.commit.id.empty()) return "adopted: it was there before belay";
  return fmt::format("{}{} {}{}{}", before, release.commit.abbreviated(), printable(release.commit.subject),
                     adopted ? ", with services found beside it" : "", after);
}

std::string built_text(const BuiltHere& built) {
  if (built.files == 0) return "the commands have made no file that is shipped";
  constexpr std::size_t most_shown = 5;
  std::vector<std::string> names;
  names.reserve(built.changed.size() + built.added.size());
  for (const auto& path : built.changed) names.push_back(printable(path) + " (changed)");
  for (const auto& path : built.added) names.push_back(printable(path));
  const bool more = names.size() > most_shown;
  if (more) names.resize(most_shown);
  return fmt::format("{} for the release ({}): {}{}", counted(built.files, "file"), human_bytes(built.bytes),
                     fmt::join(names, ", "), more ? " and more" : "");
}

}  // namespace belay::cli
