#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "control/secret_key.hpp"
#include "model/config.hpp"
#include "model/secrets_file.hpp"

namespace belay {

/// The file of secrets as it stands; empty if there is none.
std::expected<std::optional<SecretsFile>, Problems> sealed_secrets(const SecretsPlace&);
/// Its values, each with its place. A value that does not open is a Problem with its line.
std::expected<OpenSecrets, Problems> opened_secrets(const SecretsPlace&, const SecretsFile&,
                                                    const SecretKey&);

/// Asks an environment's sources for the secrets that it needs: first the file, then the command, once for
/// each name and several at a time. What a source cannot give is a Problem. Throws Error{bad_input} if the
/// key is missing or wrong.
std::expected<Values, Problems> secret_values(const SecretsPlace&, const std::string& config_file,
                                              const std::string& environment, const SecretsNeeded&,
                                              std::stop_token);

}  // namespace belay
