#include "saga/event_mask.hpp"

#include <doctest/doctest.h>

#include "base/files.hpp"
#include "base/line_splitter.hpp"
#include "model/notes.hpp"
#include "runs.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

const Masks masks(Values{{"X", "the-secret"}});
const std::string said = "said the-secret aloud";

/// Every text for people that a record may have.
std::vector<Event> events_that_say_it() {
  return {event::StepDone{StepName::migrate, {}, said},
          event::Output{StepName::migrate, said},
          event::Heard{"confirmation", true, said},
          event::StepFailed{.step = StepName::verify,
                            .message = said,
                            .why = said,
                            .next = said,
                            .frames = {said},
                            .container_log = {said}},
          event::UndoDone{StepName::migrate, said},
          event::UndoFailed{StepName::migrate, said, said},
          noted_event(notes::HealthFinding{said}),
          event::Closed{.checked = said, .message = said}};
}

}  // namespace

TEST_CASE("no text that a record has for people shows a secret, in the file or in memory") {
  const Environment environment;
  auto journal = environment.begin("r1", {event::StepBegan{StepName::migrate}});
  journal.hide(masks);
  journal.output(StepName::migrate, said);
  for (const auto& event : events_that_say_it()) {
    journal.append(event);
    CHECK(journal.try_append(event));
  }
  const auto file = read_file(environment.layout.journal("r1"));
  CHECK_FALSE(file.contains("the-secret"));
  CHECK(file.contains("said *** aloud"));
  for (const auto& record : journal.records()) CHECK_FALSE(encode_line(record).contains("the-secret"));
}

TEST_CASE("what recovery acts on stays as it is") {
  const EventMask mask(masks);
  for (const Event& event :
       {Event(noted_event(notes::BackupFile{"/srv/the-secret/dump"})),
        Event(event::Awaiting{.what = "source", .detail = "/srv/the-secret"}),
        Event(event::Committed{"the-secret"}),
        Event(event::Closed{.serving = "the-secret", .backup = "/srv/the-secret/dump"})}) {
    CHECK(encode_line({1, {}, mask.masked(event)}) == encode_line({1, {}, event}));
  }
}

TEST_CASE("a line of output that comes in pieces is one text, for each step by itself") {
  EventMask mask(masks);
  const std::string piece = std::string(longest_line_piece - 4, '.') + "the-";
  auto shown = mask.output(StepName::build, piece);
  CHECK(mask.output(StepName::migrate, "secret") == "secret");
  shown += mask.output(StepName::build, "secret");
  CHECK(shown == std::string(longest_line_piece - 4, '.') + "***");
}

TEST_CASE("a value that begins in another one is hidden in pieces, too") {
  EventMask mask(Masks(Values{{"X", "the-secret"}, {"Y", "secret-key"}}));
  const std::string piece = std::string(longest_line_piece - 10, '.') + "the-secret";
  auto shown = mask.output(StepName::build, piece);
  shown += mask.output(StepName::build, "-key");
  CHECK(shown == std::string(longest_line_piece - 10, '.') + "***");
}
