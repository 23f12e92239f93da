#include "control/freeze.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/time.hpp"
#include "model/config_values.hpp"

using namespace belay;
using Weight = Finding::Weight;

namespace {

EnvironmentConfig frozen_on_weekends() {
  EnvironmentConfig environment;
  environment.name = "production";
  environment.freeze = {{.from = *freeze_end_value("Fri 16:00"),
                         .until = *freeze_end_value("Mon 08:00"),
                         .zone_name = "UTC",
                         .zone = TimeZone::fixed({}),
                         .why = "weekend"}};
  return environment;
}

const Time saturday = parse_iso8601("2026-11-28T08:00:00.000Z"),
           tuesday = parse_iso8601("2026-12-01T08:00:00.000Z");

}  // namespace

TEST_CASE("a freeze refuses who gives no reason: its window, its end, the way round it, and exit code 6") {
  try {
    reason_during_freeze(frozen_on_weekends(), "belay deploy", "", saturday);
    FAIL("it was not refused");
  } catch (const Error& error) {
    CHECK(error.exit_code() == ExitCode::frozen);
    CHECK(static_cast<int>(error.exit_code()) == 6);
    CHECK(error.message() == "production is frozen: Fri 16:00 until Mon 08:00, UTC (weekend)");
    CHECK(error.why() == "it ends Mon 2026-11-30 08:00 (UTC), in 2 days");
    CHECK(error.next().contains("belay deploy production --reason \"TEXT\""));
    CHECK(error.next().contains("belay rollback production"));
  }
}

TEST_CASE("a reason is recorded, with the freeze if one holds") {
  const auto environment = frozen_on_weekends();
  const auto during = reason_during_freeze(environment, "belay deploy", "the checkout is broken", saturday);
  REQUIRE(during);
  CHECK(during->text == "the checkout is broken");
  CHECK(during->freeze == "Fri 16:00 until Mon 08:00, UTC (weekend)");
  const auto outside = reason_during_freeze(environment, "belay deploy", "the checkout is broken", tuesday);
  REQUIRE(outside);
  CHECK(outside->freeze.empty());
  CHECK_FALSE(reason_during_freeze(environment, "belay deploy", "", tuesday));
  CHECK_THROWS_AS(reason_during_freeze(environment, "belay deploy", "two\nlines", saturday), Error);
}

TEST_CASE("a zone that nobody knows refuses rather than lets through") {
  auto environment = frozen_on_weekends();
  environment.freeze.front().zone.reset();
  CHECK_THROWS_AS(reason_during_freeze(environment, "belay promote", "", tuesday), Error);
}

TEST_CASE("check says which freeze holds, or comes next") {
  const auto environment = frozen_on_weekends();
  const auto now = checked_freeze(environment, saturday);
  REQUIRE(now);
  CHECK(now->weight == Weight::warning);
  CHECK(now->text ==
        "holds now: Fri 16:00 until Mon 08:00, UTC (weekend)\nit ends Mon 2026-11-30 08:00 (UTC), in 2 days");
  CHECK(now->remedy == "until then belay deploy production needs --reason \"TEXT\"");
  const auto later = checked_freeze(environment, tuesday);
  REQUIRE(later);
  CHECK(later->weight == Weight::ok);
  CHECK(later->text == "none holds now; the next: Fri 16:00 until Mon 08:00, UTC (weekend)");
  CHECK_FALSE(checked_freeze({}, saturday));
}
