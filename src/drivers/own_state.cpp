#include "drivers/own_state.hpp"

#include <cerrno>
#include <cstdlib>

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "drivers/account.hpp"
#include "model/state_place.hpp"

namespace belay {

namespace {

bool is_mount_point(const fs::path& directory) {
  struct stat own{}, parent{};
  return ::stat(directory.c_str(), &own) == 0 && ::stat((directory / "..").c_str(), &parent) == 0 &&
         own.st_dev != parent.st_dev;
}

/// Whose directory the link leads to. Where this account may not look, the link's own owner tells.
std::optional<uid_t> owner_behind(const fs::path& live, const fs::path& link) {
  std::error_code problem;
  const auto target = fs::read_symlink(link, problem);
  if (problem || !may_be_state_of(physical_path(live), target)) return std::nullopt;
  struct stat status{};
  if (::lstat(target.c_str(), &status) == 0) return status.st_uid;
  if (errno == EACCES && ::lstat(link.c_str(), &status) == 0) return status.st_uid;
  return std::nullopt;
}

std::optional<uid_t> owner_of_state(const fs::path& live) {
  const auto own = live / state_directory_name;
  struct stat status{};
  if (::lstat(own.c_str(), &status) != 0) return std::nullopt;
  if (S_ISLNK(status.st_mode)) return owner_behind(live, own);
  // An empty one may be anybody's, such as a container's that mounts the live directory.
  const bool counts = holds_state(own) || ::access(own.c_str(), R_OK | X_OK) != 0;
  return S_ISDIR(status.st_mode) && counts ? std::optional(status.st_uid) : std::nullopt;
}

[[noreturn]] void throw_belongs_to(uid_t owner, const fs::path& live) {
  const auto name = account_name(owner), me = account_name(::geteuid());
  std::error_code no_link;
  const auto target = fs::read_symlink(live / state_directory_name, no_link);
  throw Error(fmt::format("{} belongs to the account {}", live.string(), name),
              fmt::format("belay's state of it is {}, {}'s own; this is the account {}",
                          (no_link ? live / state_directory_name : target).string(), name, me),
              fmt::format("deploy as {0}: host: {0}@… in belay.yml, or sudo -u {0} on the host", name),
              ExitCode::bad_input);
}

}  // namespace

fs::path physical_path(const fs::path& live) {
  std::error_code problem;
  auto path = fs::weakly_canonical(live, problem);
  if (problem) path = live.lexically_normal();
  return path.has_filename() || path == "/" ? path : path.parent_path();  // without a slash at the end
}

fs::path own_state(const fs::path& live) {
  const bool root = ::geteuid() == 0;
  const char* home = root ? "" : std::getenv("HOME");
  if (home == nullptr || (!root && *home != '/'))
    throw Error("this account has no home directory", "HOME is not set",
                "belay keeps its state in ~/.local/state/belay: set HOME", ExitCode::bad_input);
  return state_directory(root, home, physical_path(live));
}

bool holds_state(const fs::path& directory) {
  std::error_code unreadable;
  return fs::exists(directory / "releases", unreadable) || fs::exists(directory / "runs", unreadable);
}

std::optional<uid_t> other_owner(const fs::path& live) {
  const auto owner = owner_of_state(live);
  return owner && *owner != ::geteuid() ? owner : std::nullopt;
}

Layout layout_of(const fs::path& live, fs::path state) {
  if (state.empty()) state = own_state(live);
  // Nothing that stands in the live directory counts against it.
  struct stat status{};
  if (holds_state(state) && ::stat(state.c_str(), &status) == 0 && status.st_uid == ::geteuid())
    return {live, state};
  if (const auto owner = other_owner(live)) throw_belongs_to(*owner, live);
  const auto old = live / state_directory_name;
  if (!is_real_directory(old) || (!holds_state(old) && !is_mount_point(old))) return {live, state};
  return {live, old};
}

}  // namespace belay
