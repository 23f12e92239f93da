#include "drivers/docker_logins.hpp"

#include <cstdlib>

#include <boost/json.hpp>

#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

namespace belay::docker {

namespace json = boost::json;

namespace {

json::object& object_in(json::object& object, std::string_view key) {
  auto& value = object[key];
  if (!value.is_object()) value = json::object{};
  return value.get_object();
}

}  // namespace

fs::path own_config_directory() {
  if (const char* config = std::getenv("DOCKER_CONFIG"); config != nullptr && *config != '\0') return config;
  const char* home = std::getenv("HOME");
  return home == nullptr ? fs::path() : fs::path(home) / ".docker";
}

std::string login_key(const std::string& registry) {
  const bool hub =
      registry == "docker.io" || registry == "index.docker.io" || registry == "registry-1.docker.io";
  return hub ? "https://index.docker.io/v1/" : registry;
}

std::string config_with(const std::string& own_config, const std::vector<RegistryLogin>& logins) {
  json::error_code bad;
  json::value parsed = own_config.empty() ? json::value(json::object{}) : json::parse(own_config, bad);
  if (bad || !parsed.is_object())
    throw Error("Docker's config.json cannot be read", "it is no JSON object",
                "correct it: docker itself says where it lies");
  json::object config = std::move(parsed.get_object());
  for (const auto& login : logins) {
    const auto key = login_key(login.registry);
    object_in(config, "auths")[key] =
        json::object{{"auth", base64_encoded(login.user + ":" + login.password)}};
    if (config.contains("credsStore") || config.contains("credHelpers"))
      object_in(config, "credHelpers")[key] = "";
  }
  return json::serialize(config);
}

Logins::Logins(fs::path directory, const fs::path& own, const std::vector<RegistryLogin>& logins)
    : directory_(std::move(directory)) {
  remove_tree(directory_);
  make_directories(directory_, 0700);
  fs::permissions(directory_, fs::perms::owner_all);
  if (fs::is_directory(own))
    for (const auto& entry : fs::directory_iterator(own))
      if (entry.path().filename() != "config.json")
        fs::create_symlink(fs::absolute(entry.path()), directory_ / entry.path().filename());
  const auto own_config = own.empty() ? std::nullopt : read_file_if_exists(own / "config.json");
  write_file_atomically(directory_ / "config.json", config_with(own_config.value_or(""), logins), 0600);
}

Logins::~Logins() {
  std::error_code left;  // a recovery, or the next run's pruning, removes it with the run
  fs::remove_all(directory_, left);
}

}  // namespace belay::docker
