#include <array>
#include <cerrno>

#include <sys/random.h>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/hex.hpp"

namespace belay {

std::string random_nonce() {
  std::array<unsigned char, 8> bytes;
  // Reads of up to 256 bytes are never short and never interrupted once the source is ready (getrandom(2)).
  while (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    if (errno != EINTR) throw system_error("cannot read the kernel's random source", errno);
  }
  return hex_of(bytes);
}

}  // namespace belay
