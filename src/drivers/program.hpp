#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/process.hpp"

namespace belay {

/// Whether the PATH has such a program.
bool program_exists(const std::string& name);
/// The first dotted number in a program's answer to --version: "rsync  version 3.2.7  protocol …" → "3.2.7".
/// Empty: none.
std::string version_in(std::string_view text);
/// Whether a dotted version is at least `needed`; text that is no version is not.
bool at_least(const std::string& version, const std::string& needed);
/// Throws Error{`what_failed`, how it ended and its last words, next} unless it ended well.
void require_success(const Captured&, const std::string& what_failed, const std::string& next = {});

}  // namespace belay
