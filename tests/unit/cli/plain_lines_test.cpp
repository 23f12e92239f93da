#include "cli/plain_lines.hpp"

#include <doctest/doctest.h>

#include "../golden.hpp"
#include "base/human.hpp"
#include "captured_output.hpp"
#include "cli/github.hpp"
#include "cli/gitlab.hpp"
#include "sample_runs.hpp"

using namespace belay;
using namespace belay::cli;
using namespace std::chrono_literals;

namespace {

const VariableLookup unset = [](const std::string&) { return std::nullopt; };

/// What a run prints, with a clock that moves only as the run does.
std::string printed(const std::vector<Record>& records, Platform* platform, bool failing_gate = false) {
  CapturedOutput output;
  Time clock = samples::start() - 30s;
  const samples::Pause pause = [&](std::chrono::milliseconds time) { clock += time; };
  {
    PlainLines view(output.output(), {false, true}, platform, [&] { return clock; });
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
  check_golden("plain-deployed.txt", printed(samples::deployed(), nullptr));
}

TEST_CASE("a failed migration, a line per event") {
  check_golden("plain-migration-fails.txt", printed(samples::migration_fails(), nullptr));
}

TEST_CASE("a failing test, a line per event") {
  check_golden("plain-tests-failed.txt", printed({}, nullptr, true));
}

TEST_CASE("in GitHub Actions steps are groups and failures annotations") {
  Github github(unset, "77");
  check_golden("github-migration-fails.txt", printed(samples::migration_fails(), &github));
  check_golden("github-tests-failed.txt", printed({}, &github, true));
}

TEST_CASE("in GitLab CI steps are sections") {
  Gitlab gitlab(unset);
  check_golden("gitlab-migration-fails.txt", printed(samples::migration_fails(), &gitlab));
}

TEST_CASE("what a tool prints cannot give GitHub a command") {
  for (const char* const said : {"::set-output name=x::y", "##[add-path]/tmp", "x ##[set-output name=x]y"}) {
    CapturedOutput output;
    Github github(unset, "77");
    PlainLines view(output.output(), {false, true}, &github);
    view.record({1, samples::start(), event::Output{StepName::build, said}});
    CHECK(output.text().starts_with("::stop-commands::belay-77\n"));
    CHECK(output.text().ends_with(std::string(said) + "\n::belay-77::\n"));
  }
}

TEST_CASE("a run attached to later is timed from its start") {
  CapturedOutput output;
  const Time attached = samples::start() + 1min;
  PlainLines view(output.output(), {false, true}, nullptr, [&] { return attached; });
  view.connected({wire::protocol, "0.1.0", "x86_64", "api", attached});
  const auto records = samples::deployed();
  for (const Record& record : records) view.record(record);
  CHECK(output.text().find("\n        0 s  deploying crm-backend") != std::string::npos);
  const std::string took = human_duration(records.back().at - records.front().at);
  CHECK(output.text().find(" " + took + "  over: deployed") != std::string::npos);
}

TEST_CASE("that another holds the environment is said where this one waits; else the error says it") {
  CapturedOutput output;
  PlainLines view(output.output(), {false, true}, nullptr, [] { return samples::start(); });
  view.held({"20260112-103100-1c0ffee", "bo@ci", samples::start(), false});
  CHECK(output.text().empty());
  view.held({"20260112-103100-1c0ffee", "bo@ci", samples::start(), true});
  CHECK(output.text().contains("waiting: bo@ci holds the environment"));
}

TEST_CASE("a reader that goes away does not stop a deployment") {
  Pipe pipe = make_pipe();
  Output broken(pipe.write.get());
  pipe.read.reset();
  PlainLines view(broken, {false, true}, nullptr);
  for (const Record& record : samples::deployed()) CHECK_NOTHROW(view.record(record));
}
