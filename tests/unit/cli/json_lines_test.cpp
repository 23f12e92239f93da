#include "cli/json_lines.hpp"

#include <sstream>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include "captured_output.hpp"
#include "sample_runs.hpp"

using namespace belay;
using namespace belay::cli;

namespace {

std::vector<boost::json::object> events_of(const std::string& text) {
  std::vector<boost::json::object> events;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) events.push_back(boost::json::parse(line).as_object());
  return events;
}

}  // namespace

TEST_CASE("every line is an object with a type and a time, and the journal's records stand as they are") {
  CapturedOutput output;
  JsonLines view(output.output());
  const samples::Pause none = [](std::chrono::milliseconds) {};
  samples::tell_gate(view, none);
  samples::tell_connection(view, none);
  view.held({"run", "bo@ci", samples::start(), true});
  view.reconnecting(1, "broken pipe");
  view.gate_skipped();
  view.notice("a note");
  const auto records = samples::deployed();
  samples::tell_records(view, records, none);

  std::vector<Record> read_back;
  for (const auto& event : events_of(output.text())) {
    CHECK(event.contains("type"));
    CHECK_NOTHROW(parse_iso8601(std::string(event.at("at").as_string())));
    if (!event.contains("n")) continue;
    const auto record = record_from_json(event);
    REQUIRE(record);
    read_back.push_back(*record);
  }
  REQUIRE(read_back.size() == records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    CHECK(read_back[i].number == records[i].number);
    CHECK(record_to_json(read_back[i]) == record_to_json(records[i]));
  }
}

TEST_CASE("the controller's own events say what happened") {
  CapturedOutput output;
  JsonLines view(output.output());
  view.test_ended(3, "npm test", false, std::chrono::milliseconds(1500), "/tmp/3.log");
  view.asked_from_here(2, 30, "answered 502");
  view.test_said(1, "bad \xff byte");
  const auto events = events_of(output.text());
  REQUIRE(events.size() == 3);
  CHECK(events[0].at("type") == "test-ended");
  CHECK(events[0].at("test") == 3);
  CHECK(events[0].at("ok") == false);
  CHECK(events[0].at("took_ms") == 1500);
  CHECK(events[1].at("type") == "asked-from-here");
  CHECK(events[1].at("attempt") == 2);
  CHECK(events[2].at("line") == "bad ? byte");
}
