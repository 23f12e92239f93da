#pragma once

#include <string>
#include <vector>

namespace belay {

/// A command run in a container that runs already, as `docker exec` does.
struct ContainerCommand {
  std::vector<std::string> words{};
  std::string user{}, directory{};         // empty: the container's own
  std::vector<std::string> environment{};  // "NAME=value"; "NAME" alone takes it away
  bool privileged = false;
};

}  // namespace belay
