#include "host/listening_ports.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/core.h>

#include "base/files.hpp"

namespace belay {

namespace {

/// Looks for a listening socket (state 0A) on the port, as /proc/net/tcp of Linux lists them.
bool listens_somewhere(int port) {
  const auto wanted = fmt::format(":{:04X}", port);
  for (const auto* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::istringstream lines(read_file_if_exists(table).value_or(""));
    std::string slot, local, remote, state, rest;
    std::getline(lines, rest);
    while (lines >> slot >> local >> remote >> state && std::getline(lines, rest))
      if (state == "0A" && local.ends_with(wanted)) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> taken_by_another(const docker::Engine& engine, int port,
                                            const std::vector<RunningContainer>& ours) {
  const auto published = fmt::format(":{}->", port);
  for (const auto& container : engine.containers({})) {
    if (!container.running()) continue;
    const auto inspection = engine.inspect(container.id);
    if (!inspection || std::ranges::none_of(inspection->published, [&](const std::string& one) {
          return one.find(published) != std::string::npos;
        }))
      continue;
    const bool own =
        std::ranges::any_of(ours, [&](const RunningContainer& one) { return one.id == container.id; });
    return own ? std::nullopt : std::optional(fmt::format("{} by container {}", port, container.name));
  }
  if (listens_somewhere(port)) return fmt::format("{} by another program", port);
  return std::nullopt;
}

}  // namespace belay
