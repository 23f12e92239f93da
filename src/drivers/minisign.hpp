#pragma once

#include <array>
#include <expected>
#include <string>
#include <string_view>

namespace belay {

/// A public key of minisign (https://jedisct1.github.io/minisign/), and what it says of a signature: Ed25519
/// of the file's BLAKE2b-512, and of that signature together with its trusted comment.
class MinisignKey {
 public:
  /// Reads the line of base64 of a .pub file. Otherwise returns what is wrong.
  static std::expected<MinisignKey, std::string> from_text(std::string_view);

  /// A number in hexadecimal digits, as minisign prints it.
  std::string id() const;

  /// The trusted comment, if this key signed these bytes and that comment. Otherwise returns why not.
  /// `signature` is the text of a .minisig file.
  std::expected<std::string, std::string> signed_comment(std::string_view signature,
                                                         std::string_view bytes) const;

 private:
  MinisignKey() = default;
  std::array<unsigned char, 8> id_{};
  std::array<unsigned char, 32> key_{};
};

}  // namespace belay
