#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "drivers/sealed_box.hpp"
#include "model/config.hpp"

namespace belay {

/// The text in BELAY_KEY. The first call takes it out of this process's environment; later calls return the
/// same. main calls it before anything else. Empty: the variable is not set.
const std::optional<std::string>& key_from_environment();

/// Where an app's key and secrets are looked for.
struct SecretsPlace {
  std::string app;
  std::filesystem::path directory;  // belay.yml's
  SecretSources sources;

  std::filesystem::path file() const { return directory / sources.file; }
  /// `key_file`, or $XDG_CONFIG_HOME/belay/keys/APP (~/.config/…).
  std::filesystem::path key_file() const;
};

/// A key, and what people call the place where it was found: "BELAY_KEY", or a path.
struct FoundKey {
  SecretKey key;
  std::string from;
};
/// BELAY_KEY, else the key file. Empty if there is neither. Throws Error{bad_input} if what is there is no
/// key, if others may read the key file, or if it lies in the repository.
std::optional<FoundKey> find_key(const SecretsPlace&);
/// The key with this id: BELAY_KEY, else the key file or what a change of the key that was cut off left
/// beside it. Throws as find_key(), and Error{bad_input} if there is none, or only others.
FoundKey require_key(const SecretsPlace&, const std::string& id);

/// A new key is first offered, beside the key file; then the secrets are written with it; then it is adopted.
/// So require_key() finds the key of the secrets at any moment. The files' mode is 0600. A key that was there
/// is kept as APP.old.
void offer_key(const SecretsPlace&, const SecretKey&);
void adopt_key(const SecretsPlace&);
/// Whether the key was offered, and not adopted.
bool is_only_offered(const SecretsPlace&, const FoundKey&);

}  // namespace belay
