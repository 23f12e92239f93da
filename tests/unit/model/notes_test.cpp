#include "model/notes.hpp"

#include <set>
#include <sstream>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "samples.hpp"

using namespace belay;
using namespace belay::testing;
namespace json = boost::json;

namespace {

/// Calls `body` with each kind of note and a step that writes it.
void for_each_note(const auto& body) {
  const auto with_its_steps = [&]<class N>(const N& note) {
    for (const StepName step : N::steps) body(note, step);
  };
  std::apply([&](const auto&... note) { (with_its_steps(note), ...); }, notes::All{});
}

std::string place_of(std::string_view key, StepName step) {
  return to_string(step) + "." + std::string(key);
}

/// The table of docs/journal.md: each note's place and the example of its value.
std::map<std::string, std::string> documented() {
  std::map<std::string, std::string> found;
  std::istringstream page(data_file("../../../../docs/journal.md"));
  std::string line;
  while (std::getline(page, line) && line != "## The notes") {
  }
  while (std::getline(page, line) && !line.starts_with("## ")) {
    std::vector<std::string> quoted;  // by backticks
    std::istringstream parts(line);
    for (std::string part; std::getline(parts, part, '`');) quoted.push_back(part);
    if (line.starts_with("| `") && quoted.size() > 6) found[quoted[1] + "." + quoted[3]] = quoted[5];
  }
  return found;
}

}  // namespace

TEST_CASE("docs/journal.md has a row for each note, and no others") {
  std::set<std::string> known, shown;
  for_each_note([&]<class N>(const N&, StepName step) {
    CHECK_MESSAGE(known.insert(place_of(N::key, step)).second, N::key << " is the key of two notes");
  });
  for (const auto& [place, example] : documented()) shown.insert(place);
  CHECK(shown == known);
}

TEST_CASE("each example of docs/journal.md is read by the note's type, and written as it was") {
  const auto examples = documented();
  for_each_note([&]<class N>(const N&, StepName step) {
    const auto example = examples.find(place_of(N::key, step));
    REQUIRE(example != examples.end());
    CAPTURE(example->first);
    const event::Noted stored{step, std::string(N::key), json::parse(example->second)};
    const auto read = note_in<N>(stored, step);
    REQUIRE(read.has_value());
    CHECK(json::serialize(noted_event(step, *read).value) == example->second);
  });
}

TEST_CASE("the notes of journals that were written are still read") {
  const auto of = [](StepName step, const char* key, const char* value) {
    return event::Noted{step, key, json::parse(value)};
  };
  const auto previous = note_in<notes::PreviousContainers>(of(
      StepName::create, "previous_containers",
      R"([{"id":"5d1e","name":"crm-backend","service":"backend","running":true,"restart_policy":"on-failure","restart_maximum":3}])"));
  REQUIRE(previous.has_value());
  REQUIRE(previous->value.size() == 1);
  CHECK(previous->value.front().id == "5d1e");
  CHECK(previous->value.front().name == "crm-backend");
  CHECK(previous->value.front().service == "backend");
  CHECK(previous->value.front().running);
  CHECK(previous->value.front().restart_policy == "on-failure");
  CHECK(previous->value.front().restart_maximum == 3);
  CHECK(note_in<notes::FrozenImages>(of(StepName::build, "images", R"(["a:1","b:1"])"))->value ==
        std::vector<std::string>{"a:1", "b:1"});
  CHECK(note_in<notes::EdgeStays>(of(StepName::edge, "stays", R"("7a20")"))->value == "7a20");
  CHECK(note_in<notes::EdgeTurns>(of(StepName::canary, "turns", "true"), StepName::canary)->value);
  CHECK(note_in<notes::LeftInPlace>(of(StepName::settle, "left_in_place", "true"))->value);
}

TEST_CASE("another step's note, or another key, is not the note; a value of another type is an error") {
  CHECK_FALSE(
      note_in<notes::EdgeTurns>({StepName::canary, "turns", true}, StepName::switch_over).has_value());
  CHECK_FALSE(note_in<notes::CurrentStops>({StepName::switch_over, "turns", true}).has_value());
  CHECK_THROWS_WITH_AS(note_in<notes::BackupFile>({StepName::backup, "file", 7}),
                       doctest::Contains("the note backup.file"), Error);
}
