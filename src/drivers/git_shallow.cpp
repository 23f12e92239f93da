#include "drivers/git_shallow.hpp"

#include <string>
#include <vector>

#include "drivers/git.hpp"

namespace belay::git {

void lay_shallow_repository(const std::filesystem::path& repository, const Commit& commit,
                            const std::filesystem::path& directory, std::stop_token stop, Deadline deadline) {
  const auto git_in = [&](const std::filesystem::path& place, std::vector<std::string> arguments) {
    std::string said = require_output(command(place, std::move(arguments)), stop, deadline,
                                      "laying a repository for the tests failed");
    while (said.ends_with('\n')) said.pop_back();
    return said;
  };
  // Without a template: hooks and settings of this user's would be run by the tests.
  git_in(directory, {"init", "--quiet", "--template=",
                     "--object-format=" + git_in(repository, {"rev-parse", "--show-object-format"})});
  // Any commit may be asked for, not only a branch's newest.
  git_in(directory, {"-c", "protocol.file.allow=always", "-c", "fetch.recurseSubmodules=false", "fetch",
                     "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
                     "--upload-pack=git -c uploadpack.allowAnySHA1InWant=true upload-pack",
                     repository.string(), commit.id});
  if (commit.branch.empty()) {
    git_in(directory, {"update-ref", "--no-deref", "HEAD", commit.id});
  } else {
    git_in(directory, {"symbolic-ref", "HEAD", "refs/heads/" + commit.branch});
    git_in(directory, {"update-ref", "HEAD", commit.id});
  }
  git_in(directory, {"read-tree", "HEAD"});
  // Its exit code says whether files differ, which is no failure.
  capture(command(directory, {"update-index", "--quiet", "--refresh"}), stop, deadline);
}

}  // namespace belay::git
