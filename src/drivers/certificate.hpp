#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"

namespace belay {

/// The first certificate of a PEM text.
struct Certificate {
  std::vector<std::string> names;  // those it is for; its common name where it has no others
  Time until{};
};

/// The text holds a private key too, and it is the certificate's. Throws Error naming `file`.
Certificate certificate_with_key(const std::string& pem, const std::string& file);

}  // namespace belay
