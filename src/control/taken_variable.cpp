#include "control/taken_variable.hpp"

#include <cstdlib>
#include <cstring>

namespace belay {

std::optional<std::string> take_out_of_environment(const char* name) {
  char* const value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  std::string taken(value);
  ::explicit_bzero(value, std::strlen(value));
  ::unsetenv(name);
  if (taken.find_first_not_of(" \t\r\n") == std::string::npos) return std::nullopt;
  return taken;
}

}  // namespace belay
