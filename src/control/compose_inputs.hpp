#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace belay {

/// What is told to the host of the files that would be shipped, by path.
struct ComposeInputs {
  std::map<std::string, std::string> texts;
  std::map<std::string, std::string> ids{};  // git's, of the contents
};

/// Texts: what compose may read of a source when it resolves the project, by path: YAML files, files of
/// variables, and every file that a YAML file names (env_file, extends, include, label_file). Binary and
/// large files are left out: compose reads none. Ids: of every file that a YAML file names, and of those in
/// the directories that it names: what containers may mount. Of a directory with thousands of files none is
/// told. Nothing is told of the `hidden` files: they are not shipped.
ComposeInputs compose_inputs_of(const std::filesystem::path& source,
                                const std::set<std::string>& hidden = {});

}  // namespace belay
