#pragma once

#include <filesystem>

#include "release/live_files.hpp"
#include "steps/context.hpp"

namespace belay {

/// The files of variables that a release brings (`env_file`). They are no part of its source: no build sees
/// them.

/// Keeps what this release says in them, with the values, and lays them out for the view. Throws
/// Error{bad_input} where the release itself has such a file, or the server something else than a file.
void keep_env_files(Context&);
/// Lays them out anew: with what the release says, and the lines of others as they are in the live directory
/// now. A release that says nothing has none.
void lay_out_env_files(const Context&);
/// What putting them there would change now.
Publication publication_of_env_files(const Context&);
/// Whether the release says something in this file, relative to the live directory.
bool has_env_file(const Context&, const std::filesystem::path&);

/// For a look at a release that is not there yet: lays them out in `to`, with the values of
/// environment.variables. `current`: the release that serves; empty: none.
void lay_out_env_files(const Layout&, const EnvironmentConfig&, const std::string& current,
                       const std::filesystem::path& to);

}  // namespace belay
