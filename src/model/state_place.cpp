#include "model/state_place.hpp"

#include <string_view>

#include "base/hash.hpp"

namespace belay {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_name = 100, hash_digits = 12;
constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

}  // namespace

std::string state_key(const fs::path& live) {
  const std::string& path = live.native();
  std::string name = path.substr(path.rfind('/') + 1, longest_name);  // npos + 1 is 0
  for (char& one : name)
    if (plain.find(one) == std::string_view::npos) one = '_';
  return name + "-" + sha256_hex(path).substr(0, hash_digits);
}

fs::path state_directory(bool root, const fs::path& home, const fs::path& live) {
  return (root ? fs::path("/var/lib") : home / ".local/state") / "belay" / state_key(live);
}

bool may_be_state_of(const fs::path& live, const fs::path& state) {
  return state.is_absolute() && state.filename() == state_key(live) &&
         state.parent_path().filename() == "belay";
}

}  // namespace belay
