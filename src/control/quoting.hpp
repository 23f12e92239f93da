#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace belay {

/// Words for a shell on the other side. ssh hands one string to the login shell there, which may be bash,
/// zsh, fish or csh: single quotes, with a quote itself as '"'"', mean the same to all of them (a backslash
/// does not).

/// `word` as exactly one word; plain words stay readable.
std::string sh_quoted(std::string_view word);
/// A whole command, each argument quoted.
std::string sh_joined(const std::vector<std::string>& argv);

}  // namespace belay
