#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "model/layout.hpp"

namespace belay {

/// Where the state of an environment lies on this host, for the account that runs this process.

/// The live directory's path without symlinks; of one that is not there, as far as it is.
std::filesystem::path physical_path(const std::filesystem::path& live);

/// The place that the rule of model/state_place.hpp gives this account. Throws Error without a home.
std::filesystem::path own_state(const std::filesystem::path& live);

/// Whether the directory holds an environment's state, and not just the program.
bool holds_state(const std::filesystem::path& directory);

/// The account, other than this one, whose state the live directory's link or directory leads to.
std::optional<uid_t> other_owner(const std::filesystem::path& live);

/// The layout of an environment. Its state lies at `state`, or where the rule says if that is empty; or still
/// in the live directory, where an older belay kept it. The link in the live directory is not followed, and
/// where this account has a state of its own, nothing there counts: a container may have made it.
/// Throws Error (exit code 2) if the state belongs to another account.
Layout layout_of(const std::filesystem::path& live, std::filesystem::path state = {});

}  // namespace belay
