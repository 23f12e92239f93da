#include "base/hmac.hpp"

#include <array>
#include <span>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/error.hpp"
#include "base/hex.hpp"

namespace belay {

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned int size = 0;
  const auto* made =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), code.data(), &size);
  if (made == nullptr) throw Error("OpenSSL cannot make an HMAC");
  return hex_of(std::span(code).first(size));
}

}  // namespace belay
