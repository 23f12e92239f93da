#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "control/session.hpp"
#include "drivers/rsync.hpp"
#include "model/config.hpp"
#include "model/host_facts.hpp"

namespace belay {

/// What would be shipped, for the host to look at the project as a deployment would.
struct Shipped {
  std::filesystem::path source;                     // empty: unknown
  std::vector<std::string> hidden{};                // what hidden_files() says
  std::optional<std::filesystem::path> repository;  // knows what was ever committed
};
/// Asks the host for the facts that matter to this environment.
HostFacts ask_facts(Session&, const EnvironmentConfig&, const Shipped&, std::stop_token);
/// Asks the host which of the files that would be shipped somebody edited there: a deployment replaces them.
/// `changes`: what changed_files() says.
std::vector<std::string> ask_what_was_edited(Session&, const Shipped&, const HostFacts&,
                                             const std::vector<rsync::Change>& changes, std::stop_token);

/// The size of a tree's files.
std::uint64_t bytes_in(const std::filesystem::path& tree);

}  // namespace belay
