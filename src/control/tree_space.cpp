#include "control/tree_space.hpp"

#include <cstdlib>
#include <vector>

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"

namespace belay {

namespace {

std::vector<fs::path> candidates() {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return fs::path(value != nullptr && *value == '/' ? value : "");
  };
  std::vector<fs::path> places;
  if (const fs::path cache = variable("XDG_CACHE_HOME"); !cache.empty()) places.push_back(cache / "belay");
  if (const fs::path home = variable("HOME"); !home.empty()) places.push_back(home / ".cache" / "belay");
  const std::string own = fmt::format("belay-{}", ::geteuid());  // others may write beside it, not into it
  if (const fs::path temporary = variable("TMPDIR"); !temporary.empty()) places.push_back(temporary / own);
  places.push_back(fs::path("/var/tmp") / own);
  return places;
}

/// Why nothing can be kept there; empty if it can.
std::string problem_with(const fs::path& place) {
  try {
    make_directories(place, 0700);
  } catch (const Error& error) {
    return error.message_and_why();
  }
  struct stat status{};
  // A link of this user's may lead to another disk; one that somebody else laid is not followed.
  if (::lstat(place.c_str(), &status) != 0 || status.st_uid != ::geteuid())
    return "it belongs to another user";
  if (!fs::is_directory(place)) return "it is no directory";
  if (::access(place.c_str(), W_OK | X_OK) != 0) return "it cannot be written";
  return {};
}

}  // namespace

fs::path tree_space() {
  std::string tried;
  for (const fs::path& place : candidates()) {
    const std::string problem = problem_with(place);
    if (problem.empty()) return place;
    tried += (tried.empty() ? "" : "\n") + place.string() + ": " + problem;
  }
  throw Error("there is no place for the files that are to be shipped", tried,
              "let XDG_CACHE_HOME name a directory that you can write");
}

}  // namespace belay
