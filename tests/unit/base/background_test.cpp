#include "base/background.hpp"

#include <csignal>
#include <string>

#include <doctest/doctest.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/forked.hpp"

using namespace belay;
using namespace std::chrono_literals;

TEST_CASE("work in the background ends when it is asked to") {
  bool asked = false;
  {
    const Background waiting([&](const std::stop_token& stop) { asked = !pause(24h, stop); });
  }
  CHECK(asked);
}

TEST_CASE("what runs beside gives its result, or throws what it threw, to the one who asks") {
  Beside sum([] { return 2 + 3; });
  CHECK(sum.get() == 5);

  Beside failing([]() -> int { throw Error("no sum", "it is a test"); });
  CHECK_THROWS_WITH_AS(failing.get(), doctest::Contains("no sum"), Error);

  bool done = false;
  Beside without_result([&] { done = true; });
  without_result.get();
  CHECK(done);
}

TEST_CASE("a forked child's end is told: well, by what it threw, or by a death") {
  CHECK(run_forked([] {}).well);

  const auto failed = run_forked([] { throw Error("no luck", "it is a test"); });
  CHECK_FALSE(failed.well);
  CHECK(failed.why.find("no luck") != std::string::npos);

  bool parent_told = false;
  const auto killed = run_forked([] { ::raise(SIGKILL); }, [&] { parent_told = true; });
  CHECK_FALSE(killed.well);
  CHECK(killed.why == "it was killed");
  CHECK(parent_told);
}
