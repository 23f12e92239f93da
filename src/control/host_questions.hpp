#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <vector>

#include "control/session.hpp"
#include "model/config.hpp"
#include "model/host_facts.hpp"

namespace belay {

/// Asks the host for the facts that matter to this environment; `ports` are those its services publish.
HostFacts ask_facts(Session&, const EnvironmentConfig&, const std::vector<int>& ports, std::stop_token);

/// The size of a tree's files.
std::uint64_t bytes_in(const std::filesystem::path& tree);

}  // namespace belay
