#include "control/missing_contents.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"
#include "control/tree_space.hpp"
#include "drivers/rsync.hpp"

namespace belay {

namespace {

bool holds(const std::vector<rsync::Hidden>& hidden, const std::string& path) {
  return std::ranges::find(hidden, path, &rsync::Hidden::path) != hidden.end();
}

/// Files that lie in the checkout as pointers of git-lfs.
std::vector<std::string> shipped_pointers(const Checkout& checkout, const std::vector<std::string>& exclude,
                                          const std::stop_token& stop) {
  std::vector<std::string> pointers = checkout.pointers;
  if (pointers.empty() || exclude.empty()) return pointers;
  const auto hidden = rsync::hidden_by(exclude, checkout.source, pointers, stop);
  std::erase_if(pointers, [&](const std::string& path) { return holds(hidden, path); });
  return pointers;
}

/// rsync is asked about a file in each: a pattern may name the directory (vendor/a) or what is in it
/// (vendor/a/**).
std::vector<git::AbsentSubmodule> shipped_absent(const Checkout& checkout,
                                                 const std::vector<std::string>& exclude,
                                                 const std::stop_token& stop) {
  std::vector<git::AbsentSubmodule> absent = checkout.absent;
  if (absent.empty() || exclude.empty()) return absent;
  const TemporaryDirectory stand_in(tree_space(), "excludes-");
  const auto file_in = [](const git::AbsentSubmodule& submodule) { return submodule.path + "/any-file"; };
  std::vector<std::string> files;
  for (const git::AbsentSubmodule& submodule : absent) {
    make_directories(stand_in.path() / submodule.path);
    write_file_atomically(stand_in.path() / file_in(submodule), "");
    files.push_back(file_in(submodule));
  }
  const auto hidden = rsync::hidden_by(exclude, stand_in.path(), files, stop);
  std::erase_if(absent,
                [&](const git::AbsentSubmodule& submodule) { return holds(hidden, file_in(submodule)); });
  return absent;
}

}  // namespace

std::vector<Finding> missing_contents(const Checkout& checkout, const std::vector<std::string>& exclude,
                                      std::stop_token stop) {
  std::vector<Finding> found;
  for (const Finding& finding : {checked_submodules(shipped_absent(checkout, exclude, stop)),
                                 checked_pointers(shipped_pointers(checkout, exclude, stop))})
    if (finding.weight != Finding::Weight::ok) found.push_back(finding);
  return found;
}

void require_contents(const Checkout& checkout, const std::vector<std::string>& exclude,
                      std::stop_token stop) {
  const std::vector<Finding> missing = missing_contents(checkout, exclude, std::move(stop));
  if (missing.empty()) return;
  std::string why, next;
  for (const Finding& finding : missing) {
    why += (why.empty() ? "" : "\n") + finding.text;
    next += (next.empty() ? "" : "\n") + finding.remedy;
  }
  throw Error("some committed contents are not on this machine", why, next, ExitCode::bad_input);
}

}  // namespace belay
