#include "cli/live_view.hpp"

#include <thread>

#include <doctest/doctest.h>

#include "captured_output.hpp"
#include "cli/text_width.hpp"
#include "sample_runs.hpp"

using namespace belay;
using namespace belay::cli;

TEST_CASE("the last picture of a live view is the whole run, below everything drawn before") {
  CapturedOutput output;
  {
    LiveView view(output.output(), {false, true}, "Deploying crm-backend to production");
    samples::tell_connection(view, [](std::chrono::milliseconds) {});
    for (const Record& record : samples::deployed()) view.record(record);
  }
  const std::string text = output.text();
  const std::size_t last = text.rfind("Deploying crm-backend");
  REQUIRE(last != std::string::npos);
  for (const char* step : {"connect", "backup", "build", "migrate", "switch", "verify", "settle"})
    CHECK(text.find(std::string("✓ ") + step, last) != std::string::npos);
  CHECK(text.ends_with("\n\x1b[J"));
}

TEST_CASE("a view may be told from many threads at once") {
  CapturedOutput output;
  {
    LiveView view(output.output(), {true, true}, "Deploying");
    view.gate_began(samples::sample_plan().commit, 4);
    std::vector<std::jthread> threads;
    for (int thread = 1; thread <= 4; ++thread)
      threads.emplace_back([&view, thread] {
        view.test_began(thread, "command " + std::to_string(thread));
        for (int i = 0; i < 200; ++i) view.test_said(thread, "line " + std::to_string(i));
        view.test_ended(thread, "", true, std::chrono::milliseconds(1), "");
        view.notice("from " + std::to_string(thread));
      });
  }
  for (int thread = 1; thread <= 4; ++thread)
    CHECK(output.text().find("from " + std::to_string(thread)) != std::string::npos);
}

TEST_CASE("a view that nobody told anything ends cleanly") {
  CapturedOutput output;
  {
    LiveView view(output.output(), {false, true}, "Deploying");
  }
  CHECK(output.text().find("Deploying") != std::string::npos);
}
