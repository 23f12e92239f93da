#include "drivers/sealed_box.hpp"

#include <algorithm>

#include <sodium.h>

#include "base/base64.hpp"
#include "base/error.hpp"

namespace belay {

namespace {

constexpr std::string_view prefix = "belay-key-1-";
constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
                      tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES, checksum_size = 4,
                      encoded_size = 48;  // base64 of key and checksum

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

void start_sodium() {
  static const bool started = sodium_init() >= 0;
  if (!started) throw Error("cannot encrypt", "the kernel gives no random numbers");
}

/// BLAKE2b of the key, for one purpose.
std::string digest(const std::array<unsigned char, 32>& key, std::string_view purpose, std::size_t size) {
  std::string result(16, '\0');  // the shortest that BLAKE2b makes
  crypto_generichash(bytes_of(result), result.size(), bytes_of(purpose), purpose.size(), key.data(),
                     key.size());
  return result.substr(0, size);
}

std::string url_safe(std::string base64) {
  std::ranges::replace(base64, '+', '-');
  std::ranges::replace(base64, '/', '_');
  return base64;
}

std::string url_unsafe(std::string_view text) {
  std::string base64(text);
  std::ranges::replace(base64, '-', '+');
  std::ranges::replace(base64, '_', '/');
  return base64;
}

}  // namespace

void wipe(std::string& text) {
  sodium_memzero(text.data(), text.size());
  text.clear();
}

SecretKey SecretKey::random() {
  start_sodium();
  SecretKey key;
  randombytes_buf(key.bytes_.data(), key.bytes_.size());
  return key;
}

SecretKey::~SecretKey() {
  sodium_memzero(bytes_.data(), bytes_.size());
}

std::expected<SecretKey, std::string> SecretKey::from_text(std::string_view text) {
  start_sodium();
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return std::unexpected("it is empty");
  text = text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
  if (!text.starts_with(prefix)) return std::unexpected("it does not begin with " + std::string(prefix));
  text.remove_prefix(prefix.size());
  if (text.size() != encoded_size) return std::unexpected("it is cut off or has more than a key");
  if (text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") !=
      std::string_view::npos)
    return std::unexpected("it has a character that no key has");
  std::string bytes = base64_decoded(url_unsafe(text));
  SecretKey key;
  std::copy_n(bytes_of(bytes), key.bytes_.size(), key.bytes_.begin());
  const bool good =
      bytes.substr(key.bytes_.size()) == digest(key.bytes_, "belay-key checksum", checksum_size);
  wipe(bytes);
  if (!good) return std::unexpected("it has a wrong character: its checksum does not fit");
  return key;
}

std::string SecretKey::text() const {
  std::string bytes(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
  bytes += digest(bytes_, "belay-key checksum", checksum_size);
  auto text = std::string(prefix) + url_safe(base64_encoded(bytes));
  wipe(bytes);
  return text;
}

std::string SecretKey::id() const {
  const auto bytes = digest(bytes_, "belay-key id", 8);
  std::string hex(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), bytes_of(bytes), bytes.size());
  hex.pop_back();
  return hex;
}

std::string SecretKey::sealed(std::string_view value, std::string_view bound_to) const {
  std::string bytes(nonce_size + value.size() + tag_size, '\0');
  randombytes_buf(bytes.data(), nonce_size);
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(bytes) + nonce_size, nullptr, bytes_of(value),
                                             value.size(), bytes_of(bound_to), bound_to.size(), nullptr,
                                             bytes_of(std::string_view(bytes)), bytes_.data());
  return bytes;
}

std::optional<std::string> SecretKey::opened(std::string_view bytes, std::string_view bound_to) const {
  if (bytes.size() < nonce_size + tag_size) return std::nullopt;
  const auto ciphertext = bytes.substr(nonce_size);
  std::string value(ciphertext.size() - tag_size, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(value), nullptr, nullptr, bytes_of(ciphertext),
                                                 ciphertext.size(), bytes_of(bound_to), bound_to.size(),
                                                 bytes_of(bytes), bytes_.data()) != 0)
    return std::nullopt;
  return value;
}

}  // namespace belay
