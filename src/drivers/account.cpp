#include "drivers/account.hpp"

#include <sstream>
#include <vector>

#include <boost/algorithm/string/split.hpp>
#include <fmt/core.h>

#include "base/files.hpp"

namespace belay {

std::optional<Account> account_of(uid_t uid) {
  std::istringstream accounts(read_file_if_exists("/etc/passwd").value_or(""));
  for (std::string line; std::getline(accounts, line);) {
    std::vector<std::string> fields;
    boost::algorithm::split(fields, line, [](char one) { return one == ':'; });
    if (fields.size() > 5 && fields[2] == std::to_string(uid)) return Account{fields[0], fields[5]};
  }
  return std::nullopt;
}

std::string account_name(uid_t uid) {
  const auto account = account_of(uid);
  return account ? account->name : fmt::format("uid {}", uid);
}

}  // namespace belay
