#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/wire.hpp"

namespace belay::testing {

/// In place of `belay host session`, for tests of the controller alone: speaks wire.hpp as the host does and
/// lets the test decide what happens, but deploys nothing. Its journal lies in a file, so a later session
/// goes on where one was killed. A deployment awaits the source, then a confirmation, and is committed or
/// rolled back by what it is told.
///
/// The test talks to it through files in <live>/stand-in: `held` ("waiting" or "refused") is what a Start is
/// answered with; `url` is the URL to be confirmed; `sessions` gets a line "PID PARENT" from each session.
int stand_in_host_session(const std::filesystem::path& live);

/// What it answers to "facts".
inline constexpr const char* stand_in_docker = "20.10.99-stand-in";

}  // namespace belay::testing
