#pragma once

#include <array>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace belay {

/// Overwrites the text's bytes with zeros, then empties it.
void wipe(std::string&);

/// The key that opens a repository's file of secrets. Its memory is overwritten when it is destroyed.
class SecretKey {
 public:
  static SecretKey random();
  /// Reads text(); white space around it is fine. Otherwise returns what is wrong, without showing the text.
  static std::expected<SecretKey, std::string> from_text(std::string_view);
  ~SecretKey();
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;

  /// "belay-key-1-…": the key and a checksum of it.
  std::string text() const;
  /// 16 hexadecimal digits that name the key and tell nothing of it.
  std::string id() const;

  /// XChaCha20-Poly1305 with a random nonce, which stands before the ciphertext. `bound_to` is authenticated.
  std::string sealed(std::string_view value, std::string_view bound_to) const;
  /// Empty if the bytes were sealed with another key, or for something else, or were changed since.
  std::optional<std::string> opened(std::string_view bytes, std::string_view bound_to) const;

 private:
  SecretKey() = default;
  std::array<unsigned char, 32> bytes_{};
};

}  // namespace belay
