#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/problem.hpp"

namespace belay {

/// The file of secrets that stands in a repository, as text. Its first line names the format and the key; the
/// names are in clear, one line a secret and sorted, so that a diff says which secrets changed:
///
///     belay-secrets 1 key 0f1e2d3c4b5a6978
///     DATABASE_URL: 3qW…
///
///     [production]
///     DATABASE_URL: 9fX…
///
/// The section without a name is every environment's.
struct SecretPlace {
  std::string section;  // an environment's name; empty: common to all
  std::string name;
  auto operator<=>(const SecretPlace&) const = default;
  /// "DATABASE_URL", "DATABASE_URL of production".
  std::string shown() const;
  /// What a sealed value is bound to, so that it opens in its own place only.
  std::string bound_to() const;
};

struct SealedSecret {
  std::string bytes;  // nonce and ciphertext
  int line = 0;       // where it stood
};

struct SecretsFile {
  std::string key_id;
  std::map<SecretPlace, SealedSecret> secrets;
};

/// Carriage returns at the ends of lines and a missing last newline are fine. Returns every mistake.
std::expected<SecretsFile, Problems> parse_secrets_file(const std::string& file, std::string_view text);
std::string secrets_file_text(const SecretsFile&);

/// Secrets in clear, as `belay secrets edit` shows them: YAML, an environment's section being a mapping.
using OpenSecrets = std::map<SecretPlace, std::string>;
std::string open_secrets_text(const OpenSecrets&);
/// No message shows a value.
std::expected<OpenSecrets, Problems> parse_open_secrets(const std::string& file, const std::string& text);

/// Why a value cannot be a secret: empty, too long, with a zero byte, or no UTF-8. Empty: it can be.
std::string fault_of_secret(std::string_view value);

}  // namespace belay
