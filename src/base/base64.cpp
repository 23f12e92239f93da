#include "base/base64.hpp"

#include <openssl/evp.h>

#include "base/error.hpp"

namespace belay {

namespace {

const unsigned char* unsigned_bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* unsigned_bytes(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

std::string base64_encoded(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a zero
  EVP_EncodeBlock(unsigned_bytes(text), unsigned_bytes(bytes), static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

std::string base64_decoded(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t end = text.find_last_not_of('=') + 1;  // npos + 1 is 0: nothing but padding
  const std::size_t padding = text.size() - end;
  // OpenSSL would pass over white space and misplaced padding: what is no key must not get a fingerprint.
  if (end == 0 || padding > 2 || text.size() % 4 != 0 ||
      text.substr(0, end).find_first_not_of(alphabet) != std::string_view::npos) {
    throw Error("cannot read the SSH key", "it is not valid base64");
  }
  std::string bytes(text.size() / 4 * 3, '\0');
  EVP_DecodeBlock(unsigned_bytes(bytes), unsigned_bytes(text), static_cast<int>(text.size()));
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace belay
