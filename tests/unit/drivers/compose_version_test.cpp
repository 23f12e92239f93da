#include <doctest/doctest.h>

#include "drivers/compose.hpp"

using namespace belay;

TEST_CASE("until 2.35 compose makes anew whoever depends on a service that it makes anew") {
  for (const char* version : {"2.20.0", "2.26.1", "2.29.7", "2.34.0"})
    CHECK(compose::dependents_follow(version));
  for (const char* version : {"2.35.0", "2.40.3", "5.0.0"}) CHECK_FALSE(compose::dependents_follow(version));
}
