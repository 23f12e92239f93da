#include "control/secret_key.hpp"

#include <cstdlib>
#include <system_error>

#include <fmt/core.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "control/taken_variable.hpp"

namespace belay {

namespace {

fs::path home() {
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home == '\0')
    throw Error("cannot find the key file", "HOME is not set", "set BELAY_KEY or HOME", ExitCode::bad_input);
  return home;
}

fs::path configuration_home() {
  const char* const named = std::getenv("XDG_CONFIG_HOME");
  return named != nullptr && *named == '/' ? fs::path(named) : home() / ".config";
}

/// The directory with .git, at or above `directory`; `directory` itself where there is none.
fs::path repository_of(const fs::path& directory) {
  std::error_code unreadable;
  for (fs::path at = directory; at != at.root_path(); at = at.parent_path())
    if (fs::exists(at / ".git", unreadable)) return at;
  return directory;
}

bool lies_in(const fs::path& file, const fs::path& directory) {
  const auto relative = fs::weakly_canonical(file).lexically_relative(fs::weakly_canonical(directory));
  return !relative.empty() && *relative.begin() != "..";
}

void refuse_in_repository(const SecretsPlace& place) {
  const auto repository = repository_of(place.directory);
  if (lies_in(place.key_file(), repository))
    throw Error(fmt::format("the key file {} lies in the repository", place.key_file().string()),
                "whoever has the repository would have the key to its secrets",
                "move it out of " + repository.string() + ", and name it as 'key_file'", ExitCode::bad_input);
}

void refuse_readable_by_others(const fs::path& file) {
  struct stat found{};
  if (::stat(file.c_str(), &found) != 0) throw system_error("cannot look at " + file.string(), errno);
  if ((found.st_mode & 077U) != 0)
    throw Error(fmt::format("other users may read the key file {}", file.string()),
                fmt::format("its mode is {:04o}", found.st_mode & 07777U), "chmod 600 " + file.string(),
                ExitCode::bad_input);
}

FoundKey key_in(std::string text, std::string from) {
  auto key = SecretKey::from_text(text);
  wipe(text);
  if (key) return {*key, std::move(from)};
  throw Error(from + " holds no key of belay", key.error(),
              "copy the whole line, which begins with belay-key-1-", ExitCode::bad_input);
}

std::optional<FoundKey> key_in_file(const SecretsPlace& place, const fs::path& file) {
  std::error_code unreadable;
  if (!fs::exists(file, unreadable)) return std::nullopt;
  refuse_in_repository(place);
  refuse_readable_by_others(file);
  return key_in(read_file(file), file.string());
}

fs::path offered(const SecretsPlace& place) {
  return place.key_file().string() + ".new";
}
fs::path replaced(const SecretsPlace& place) {
  return place.key_file().string() + ".old";
}

struct Held {
  std::optional<std::string> text = take_out_of_environment("BELAY_KEY");
  ~Held() {
    if (text) wipe(*text);
  }
};

}  // namespace

const std::optional<std::string>& key_from_environment() {
  static const Held held;
  return held.text;
}

fs::path SecretsPlace::key_file() const {
  if (sources.key_file.starts_with("~/")) return home() / sources.key_file.substr(2);
  if (!sources.key_file.empty()) return sources.key_file;
  return configuration_home() / "belay" / "keys" / app;
}

std::optional<FoundKey> find_key(const SecretsPlace& place) {
  if (const auto& text = key_from_environment()) return key_in(*text, "BELAY_KEY");
  return key_in_file(place, place.key_file());
}

FoundKey require_key(const SecretsPlace& place, const std::string& id) {
  const auto& file = place.sources.file;
  auto found = find_key(place);
  if (found && found->key.id() == id) return std::move(*found);
  if (!key_from_environment())
    for (const auto& beside : {offered(place), replaced(place)})
      if (auto other = key_in_file(place, beside); other && other->key.id() == id) return std::move(*other);
  if (!found)
    throw Error(fmt::format("there is no key for {}", file),
                fmt::format("BELAY_KEY is not set, and {} does not exist", place.key_file().string()),
                "ask a colleague for the key; in CI, make it a secret with the name BELAY_KEY",
                ExitCode::bad_input);
  throw Error(fmt::format("the key in {} is not the key of {}", found->from, file),
              fmt::format("{} needs the key {}, and this one is {}", file, id, found->key.id()),
              "use the key that belongs to this file; after belay secrets rekey it is a new one",
              ExitCode::bad_input);
}

void offer_key(const SecretsPlace& place, const SecretKey& key) {
  refuse_in_repository(place);
  make_directories(place.key_file().parent_path());
  std::string text = key.text() + "\n";
  write_file_atomically(offered(place), text);
  wipe(text);
}

void adopt_key(const SecretsPlace& place) {
  if (fs::exists(place.key_file())) fs::rename(place.key_file(), replaced(place));
  fs::rename(offered(place), place.key_file());
}

bool is_only_offered(const SecretsPlace& place, const FoundKey& key) {
  return key.from == offered(place).string();
}

}  // namespace belay
