#include "base/error.hpp"

#include <system_error>

namespace belay {

Error system_error(std::string what_failed, int errno_value, std::string next) {
  return Error(std::move(what_failed), std::generic_category().message(errno_value), std::move(next));
}

}  // namespace belay
