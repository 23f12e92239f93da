#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

namespace belay {

/// An account of this host, as /etc/passwd names it: a static program cannot ask the C library.
struct Account {
  std::string name;
  std::filesystem::path home;
};
std::optional<Account> account_of(uid_t);
/// Its name, or "uid 1000" where /etc/passwd does not name it.
std::string account_name(uid_t);

}  // namespace belay
