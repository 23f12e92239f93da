#include "control/tree_space.hpp"

#include <cstdlib>
#include <map>
#include <optional>

#include <doctest/doctest.h>

#include "../drivers/scratch.hpp"
#include "base/error.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

/// The variables that say where, set for a scope and put back.
class Variables {
 public:
  explicit Variables(const std::map<std::string, std::string>& values) {
    for (const char* const name : {"XDG_CACHE_HOME", "HOME", "TMPDIR"}) {
      const char* const before = std::getenv(name);
      before_[name] = before != nullptr ? std::optional<std::string>(before) : std::nullopt;
      put(name, values.contains(name) ? std::optional(values.at(name)) : std::nullopt);
    }
  }
  ~Variables() {
    for (const auto& [name, value] : before_) put(name, value);
  }
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

 private:
  static void put(const std::string& name, const std::optional<std::string>& value) {
    if (value)
      ::setenv(name.c_str(), value->c_str(), 1);
    else
      ::unsetenv(name.c_str());
  }
  std::map<std::string, std::optional<std::string>> before_{};
};

}  // namespace

TEST_CASE("trees lie in the cache directory, else at home, else where temporary files are") {
  const Scratch scratch;
  const std::string here = scratch.path();
  // Not to be written by anybody, root either.
  const std::string nowhere = "/dev/null/nowhere";
  const auto space = [](const std::map<std::string, std::string>& values) {
    const Variables variables(values);
    return tree_space();
  };
  CHECK(space({{"XDG_CACHE_HOME", here + "/cache"}, {"HOME", here}}) == here + "/cache/belay");
  CHECK(space({{"XDG_CACHE_HOME", nowhere}, {"HOME", here + "/home"}}) == here + "/home/.cache/belay");
  CHECK(space({{"XDG_CACHE_HOME", "relative"}, {"HOME", here + "/home"}}) == here + "/home/.cache/belay");
  const fs::path temporary = space({{"HOME", nowhere}, {"TMPDIR", here}});
  CHECK(temporary.parent_path() == here);
  CHECK((fs::status(temporary).permissions() & fs::perms::all) == fs::perms::owner_all);
  CHECK(space({{"HOME", nowhere}, {"TMPDIR", nowhere}}).parent_path() == "/var/tmp");
}
