#include <array>
#include <cstdlib>
#include <string>

#include <unistd.h>

#include "control/deployment.hpp"

namespace belay {

Author this_author() {
  Author author;
  // The CI's word comes first: there $USER is only the runner.
  for (const char* const name :
       {"GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILDKITE_BUILD_CREATOR", "USER", "LOGNAME"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    author.user = value;
    break;
  }
  if (author.user.empty()) author.user = "uid" + std::to_string(::getuid());
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  author.machine = name.data();
  return author;
}

}  // namespace belay
