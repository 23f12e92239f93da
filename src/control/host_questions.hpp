#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>

#include "control/session.hpp"
#include "model/config.hpp"
#include "model/host_facts.hpp"

namespace belay {

/// Asks the host for the facts that matter to this environment. `source`: the files that would be shipped,
/// for the host to look at the project as a deployment would; empty: unknown.
HostFacts ask_facts(Session&, const EnvironmentConfig&, const std::filesystem::path& source, std::stop_token);

/// The size of a tree's files.
std::uint64_t bytes_in(const std::filesystem::path& tree);

}  // namespace belay
