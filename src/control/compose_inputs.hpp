#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace belay {

/// What compose may read of a source when it resolves the project, by path: YAML files, files of variables, and every
/// file that a YAML file names (env_file, extends, include, label_file). Binary and large files are left out: compose
/// reads none.
std::map<std::string, std::string> compose_inputs_of(const std::filesystem::path& source);

}  // namespace belay
