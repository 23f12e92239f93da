#include "base/clock.hpp"

#include <thread>

#include <doctest/doctest.h>

using namespace belay;
using namespace std::chrono_literals;

TEST_CASE("a pause ends with its time or its stop, and says which") {
  CHECK(pause(1ms));

  std::stop_source stop;
  stop.request_stop();
  CHECK_FALSE(pause(24h, stop.get_token()));

  bool whole_time = true;
  {
    std::jthread stopped_later([&](const std::stop_token& own) { whole_time = pause(24h, own); });
    stopped_later.request_stop();
  }
  CHECK_FALSE(whole_time);
}
