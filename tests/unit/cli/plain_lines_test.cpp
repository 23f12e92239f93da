#include "cli/plain_lines.hpp"

#include <doctest/doctest.h>

#include "../golden.hpp"
#include "base/human.hpp"
#include "captured_output.hpp"
#include "sample_runs.hpp"

using namespace belay;
using namespace belay::cli;
using namespace std::chrono_literals;

namespace {

/// What a run prints, with a clock that moves only as the run does.
std::string printed(const std::vector<Record>& records, bool github, bool failing_gate = false) {
  CapturedOutput output;
  Time clock = samples::start() - 30s;
  const samples::Pause pause = [&](std::chrono::milliseconds time) { clock += time; };
  {
    PlainLines view(output.output(), {false, true}, github, [&] { return clock; });
    samples::tell_gate(view, pause, failing_gate);
    if (!failing_gate) {
      view.connecting("deploy@api.example.net");
      clock = samples::start();
      view.connected({wire::protocol, "0.1.0", "x86_64", "api", clock});
      samples::tell_records(view, records, pause);
    }
  }
  return output.text();
}

}  // namespace

TEST_CASE("a good deployment, a line per event") {
  check_golden("plain-deployed.txt", printed(samples::deployed(), false));
}

TEST_CASE("a failed migration, a line per event") {
  check_golden("plain-migration-fails.txt", printed(samples::migration_fails(), false));
}

TEST_CASE("a failing test, a line per event") {
  check_golden("plain-tests-failed.txt", printed({}, false, true));
}

TEST_CASE("in GitHub Actions steps are groups and failures annotations") {
  check_golden("github-migration-fails.txt", printed(samples::migration_fails(), true));
  check_golden("github-tests-failed.txt", printed({}, true, true));
}

TEST_CASE("what a tool prints cannot give GitHub a command") {
  CapturedOutput output;
  PlainLines view(output.output(), {false, true}, true);
  view.record({1, samples::start(), event::Output{StepName::build, "::set-output name=x::y"}});
  CHECK_FALSE(output.text().starts_with("::"));
  CHECK(output.text().find("\n::") == std::string::npos);
}

TEST_CASE("a run attached to later is timed from its start") {
  CapturedOutput output;
  const Time attached = samples::start() + 1min;
  PlainLines view(output.output(), {false, true}, false, [&] { return attached; });
  view.connected({wire::protocol, "0.1.0", "x86_64", "api", attached});
  const auto records = samples::deployed();
  for (const Record& record : records) view.record(record);
  CHECK(output.text().find("\n        0 s  deploying crm-backend") != std::string::npos);
  const std::string took = human_duration(records.back().at - records.front().at);
  CHECK(output.text().find(" " + took + "  over: deployed") != std::string::npos);
}

TEST_CASE("that another holds the environment is said where this one waits; else the error says it") {
  CapturedOutput output;
  PlainLines view(output.output(), {false, true}, false, [] { return samples::start(); });
  view.held({"20260112-103100-1c0ffee", "bo@ci", samples::start(), false});
  CHECK(output.text().empty());
  view.held({"20260112-103100-1c0ffee", "bo@ci", samples::start(), true});
  CHECK(output.text().contains("waiting: bo@ci holds the environment"));
}

TEST_CASE("a reader that goes away does not stop a deployment") {
  Pipe pipe = make_pipe();
  Output broken(pipe.write.get());
  pipe.read.reset();
  PlainLines view(broken, {false, true}, false);
  for (const Record& record : samples::deployed()) CHECK_NOTHROW(view.record(record));
}
