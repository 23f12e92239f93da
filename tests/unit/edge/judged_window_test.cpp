#include "edge/judged_window.hpp"

#include <doctest/doctest.h>

using namespace belay;

namespace {

using Next = JudgedWindow::Finding::Next;

constexpr bool time_is_over = true;

Served served(std::int64_t requests, std::int64_t errors) {
  Served served{.requests = requests, .errors = errors};
  for (std::int64_t i = 0; i < requests; ++i) served.times.add(20);
  return served;
}

JudgedWindow window(bool holds_without_data) {
  return {{.abort_if = {.errors_5xx = 1}, .holds_without_data = holds_without_data}, 1};
}

}  // namespace

TEST_CASE("a window goes on until its time is over, and ends well then") {
  auto judged = window(false);
  CHECK(judged.look(served(1000, 0), served(1000, 0), !time_is_over).next == Next::goes_on);
  const auto last = judged.look(served(2000, 0), served(2000, 0), time_is_over);
  CHECK(last.next == Next::ends_well);
  CHECK(last.figures ==
        "candidate: 0 % of 2000 requests failed, p95 21 ms; current: 0 % of 2000 requests failed, p95 21 ms");
}

TEST_CASE("a candidate that is worse aborts the window before its time is over") {
  auto judged = window(true);
  const auto found = judged.look(served(1000, 500), served(1000, 0), !time_is_over);
  CHECK(found.next == Next::aborts);
  CHECK_FALSE(found.why.empty());
}

TEST_CASE("with too few requests a window holds beyond its time, if it is to") {
  CHECK(window(true).look(served(3, 0), served(1000, 0), time_is_over).next == Next::goes_on);
  CHECK(window(false).look(served(3, 0), served(1000, 0), time_is_over).next == Next::ends_well);
}

TEST_CASE("a deployment has a window for each share below 100 %, and one to soak") {
  EnvironmentConfig environment;
  CHECK(windows_of(environment) == 0);
  environment.canary.emplace().steps = {5, 25, 100};
  CHECK(windows_of(environment) == 2);
  environment.soak.emplace();
  CHECK(windows_of(environment) == 3);
}
