#include "golden.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

namespace belay {

bool updates_goldens() {
  if (std::getenv("BELAY_UPDATE_GOLDENS") == nullptr) return false;
  REQUIRE_MESSAGE(std::getenv("CI") == nullptr, "BELAY_UPDATE_GOLDENS is set under CI");
  return true;
}

void check_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(TEST_DATA) + "/" + name;
  if (updates_goldens()) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), "no golden " << path);
  std::stringstream expected;
  expected << file.rdbuf();
  CHECK_MESSAGE(text == expected.str(), name << " differs; this is now:\n" << text);
}

}  // namespace belay
