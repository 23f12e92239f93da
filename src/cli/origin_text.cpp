#include "cli/origin_text.hpp"

#include <fmt/core.h>

#include "cli/text_width.hpp"

namespace belay::cli {

std::string origin_text(const Release& release, const std::string& before, const std::string& after) {
  const bool adopted = release.origin == Release::Origin::adopted;
  if (adopted && release.commit.id.empty()) return "adopted: it was there before belay";
  return fmt::format("{}{} {}{}{}", before, release.commit.abbreviated(), printable(release.commit.subject),
                     adopted ? ", with services found beside it" : "", after);
}

}  // namespace belay::cli
