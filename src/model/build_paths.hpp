#pragma once

#include <filesystem>

#include <boost/json/object.hpp>

namespace belay {

/// With `build: here`, of compose's model: throws Error{exit code 2} for a build's context, Dockerfile or
/// secret that is no file below `source`, where the release's files lie. The host asks it of its own paths;
/// the controller asks again of what the host wants built, with the paths that they become here.
void require_build_paths_below(const std::filesystem::path& source, const boost::json::object& model);

}  // namespace belay
