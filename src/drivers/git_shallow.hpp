#pragma once

#include <filesystem>
#include <stop_token>

#include "base/deadline.hpp"
#include "model/release.hpp"

namespace belay::git {

/// Makes the checkout in `directory` a repository of its own whose only commit is `commit`, on the branch of
/// that name if it has one. It shares nothing with `repository`, so what a program does in it harms nobody.
/// Throws Error with git's words.
void lay_shallow_repository(const std::filesystem::path& repository, const Commit& commit,
                            const std::filesystem::path& directory, std::stop_token, Deadline);

}  // namespace belay::git
