#pragma once

#include <filesystem>
#include <string>

namespace belay {

/// The one rule for where the state of an environment lies on its host. The script that ships the program
/// (control/bootstrap.cpp) has the same rule in sh.

/// The name of an environment's state directory: the live directory's last component, made of
/// [A-Za-z0-9._-] alone and at most 100 bytes long, a dash, and 12 digits of the hash of the whole path.
/// `live` is the physical path, without symlinks.
std::string state_key(const std::filesystem::path& live);

/// /var/lib/belay/KEY for root, HOME/.local/state/belay/KEY for others.
std::filesystem::path state_directory(bool root, const std::filesystem::path& home,
                                      const std::filesystem::path& live);

/// Whether a path has the form that the rule gives an environment's state, of whatever account.
bool may_be_state_of(const std::filesystem::path& live, const std::filesystem::path& state);

}  // namespace belay
