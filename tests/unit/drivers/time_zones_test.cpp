#include "drivers/time_zones.hpp"

#include <doctest/doctest.h>

#include "../model/zone_file.hpp"
#include "base/files.hpp"
#include "scratch.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

VariableLookup tzdir(const std::string& place) {
  return [place](const std::string& name) { return name == "TZDIR" ? std::optional(place) : std::nullopt; };
}

}  // namespace

TEST_CASE("a zone is read from the tz database; one that is not there is said with the nearest") {
  const Scratch scratch;
  make_directories(scratch.path() / "America", 0755);
  write_file_atomically(scratch.path() / "America/Sao_Paulo", zone_file({}, {0}, "<-03>3"), 0644);
  write_file_atomically(scratch.path() / "America/Broken", "TZif2", 0644);
  const auto zones = zones_of_this_machine(tzdir(scratch.path().string()));
  const auto found = zones("America/Sao_Paulo");
  REQUIRE(found);
  CHECK(found->offset_at({}) == std::chrono::hours(-3));
  const auto typo = zones("America/Sao_Paolo");
  REQUIRE_FALSE(typo);
  CHECK(typo.error().message.contains("'America/Sao_Paolo' is not in " + scratch.path().string()));
  CHECK(typo.error().remedy.contains("did you mean 'America/Sao_Paulo'?"));
  for (const char* name : {"America", "America/Broken", "Nowhere/At_All"}) CHECK_FALSE(zones(name));
}

TEST_CASE("a machine without the tz database says what to install, and what needs none") {
  const Scratch scratch;
  const auto zones = zones_of_this_machine(tzdir((scratch.path() / "none").string()));
  const auto fault = zones("America/Sao_Paulo");
  REQUIRE_FALSE(fault);
  CHECK(fault.error().message.contains("this machine has no"));
  CHECK(fault.error().remedy.contains("tzdata"));
}
