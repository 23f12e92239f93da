#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/config.hpp"

namespace belay::docker {

/// A Docker configuration directory (DOCKER_CONFIG) that holds these logins beside what the user's own one
/// has: its settings, contexts, plugins and builders. Mode 0700; gone with this object. Whoever undoes a run
/// whose process was killed removes the directory by its name.
class Logins {
 public:
  /// Makes `directory`; what is there already is removed. `own`: the user's one; it need not exist.
  Logins(std::filesystem::path directory, const std::filesystem::path& own,
         const std::vector<RegistryLogin>& logins);
  ~Logins();
  Logins(const Logins&) = delete;
  Logins& operator=(const Logins&) = delete;

  const std::filesystem::path& directory() const { return directory_; }

 private:
  std::filesystem::path directory_;
};

/// DOCKER_CONFIG, or ~/.docker.
std::filesystem::path own_config_directory();

/// Its config.json with the logins added. The user's credential helper is not asked for these registries.
std::string config_with(const std::string& own_config, const std::vector<RegistryLogin>& logins);

/// The key under which Docker keeps a registry's login.
std::string login_key(const std::string& registry);

}  // namespace belay::docker
