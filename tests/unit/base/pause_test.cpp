#include "base/pause.hpp"

#include <thread>

#include <doctest/doctest.h>

using namespace belay;
using namespace std::chrono_literals;

TEST_CASE("a pause ends with its time, its deadline, or its stop, whichever comes first") {
  pause(1ms, {});
  pause(24h, {}, Deadline::in(1ms));

  std::stop_source stop;
  stop.request_stop();
  pause(24h, stop.get_token());

  std::jthread stopped_later([](const std::stop_token& own) { pause(24h, own); });
  stopped_later.request_stop();
}
