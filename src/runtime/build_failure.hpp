#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace belay {

/// A build that fails because it misses a file which only the server has: by hand the build context is the
/// live directory, a release is built from what was shipped.

/// The file that the build's words say is missing, relative to the live directory. It is in `live` and not in
/// `source`. `contexts`: the build contexts, relative to both. Empty: the build failed for another reason.
std::optional<std::string> missing_server_file(const std::string& words, const std::filesystem::path& live,
                                               const std::filesystem::path& source,
                                               const std::vector<std::filesystem::path>& contexts);

/// What to do about it.
std::string server_file_remedy(const std::string& file, const std::vector<std::string>& with);

}  // namespace belay
