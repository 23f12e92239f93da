#pragma once

#include <string>
#include <string_view>

namespace belay::importer {

/// A text in which `$(dirname /srv/app/x.sh)`, `$(cd /srv/app && pwd)`, `$(realpath /srv/app)` and `$(pwd)`
/// are the paths that they print, as far as their words are known. `directory`: where the shell is.
std::string with_directories(std::string_view text, std::string_view directory);
/// "/srv/app/scripts/.." → "/srv/app", "~/a/../b" → "~/b". What only a shell knows stays as it is.
std::string without_dots(const std::string& path);
/// Whether a program is called by a path that a person made, and by a name of a deployment:
/// /usr/local/bin/deploy-shop.
bool is_own_program(std::string_view path);

}  // namespace belay::importer
