#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/error.hpp"
#include "base/time.hpp"
#include "model/plan.hpp"

namespace belay {

/// The records of a deployment's journal. They are also its events: the live view, --json, `attach` and the
/// history all read this one stream, numbered from 1. The format is docs/journal.md.

/// How a run ended.
enum class RunOutcome {
  deployed,        // the candidate serves, verified
  rolled_back,     // failed; the release from before serves again, or never stopped serving
  nothing_serves,  // failed, and nothing good serves
  left_in_place,   // failed with `rollback: false`: the candidate stays as it is
};
std::string to_string(RunOutcome);

/// What the host awaits where it needs the source (event::Awaiting::what). The second: by rsync, since the
/// change in the first answer did not make it.
inline constexpr std::string_view errand_of_source = "source", errand_of_source_by_rsync = "source by rsync";
constexpr bool is_errand_of_source(std::string_view what) {
  return what == errand_of_source || what == errand_of_source_by_rsync;
}

namespace event {

struct Opened {
  Plan plan;
  std::string run;       // equals the candidate's release id for a deployment; own id for a rollback
  std::string nonce;     // in every label, file and confirmation of this attempt
  std::string previous;  // the release that serves now; empty: none
  std::string belay_version;
};
struct StepBegan {
  StepName step;
};
struct StepDone {
  StepName step;
  std::chrono::milliseconds took{0};
  std::string summary;  // one line for people: "3.1 MB, 20 000 rows"
};
/// Written before the act it belongs to: what undo or settle must know even if the act's end was never
/// recorded.
struct Noted {
  StepName step;
  std::string key;
  boost::json::value value;
};
struct Output {
  StepName step;
  std::string line;
};
struct Progressed {
  StepName step;
  std::int64_t done = 0, total = 0;
  std::string unit;  // "bytes", "attempts", "steps"
};
/// The executor waits for the controller: "source" (it belongs into `detail`) or "confirmation" (ask the
/// public URL).
struct Awaiting {
  std::string what, detail;
  std::chrono::milliseconds limit{0};
};
/// What the controller answered, or that nobody did ("source", "confirmation", "nobody").
struct Heard {
  std::string what;
  bool ok = false;
  std::string detail;
};
struct StepFailed {
  StepName step;
  std::string message, why, next;
  std::vector<std::string> frames;
  std::vector<std::string> container_log;  // last lines of the failing container
  std::string container{};                 // its name
  std::string logs{};  // the directory that holds the whole logs of this attempt's containers
};
/// Somebody else than the executor goes on with this journal: "guard", "boot", "next command".
struct Recovering {
  std::string by;
};
struct UndoBegan {
  StepName step;
};
struct UndoDone {
  StepName step;
  std::string summary;
  bool stays = false;  // what the step did is left as it is: a migration, a first release's image
};
struct UndoFailed {
  StepName step;
  std::string message, why;
};
/// The commit point: recovery goes forward from here.
struct Committed {
  std::string release;
};
struct Closed {
  RunOutcome outcome = RunOutcome::rolled_back;
  std::string serving;  // release id that serves now; empty: none
  std::string checked;  // how that was verified: "GET https://… answered 200 (2 of 2)"
  std::string backup;   // path of the backup taken, if any
  std::string message;  // for people
  /// What had stopped meanwhile, though no step stopped it, and was started again: names of containers.
  std::string started_again{};
  /// What the edge counted against the release that serves, though its health is good: "answers 57 of 60
  /// requests with 5xx since then". Empty: nothing.
  std::string errors{};
  /// What settling or undoing could not do: a sentence or more, empty where all is done. With it the run
  /// stays open for the guard, a boot and the next command, which try again.
  std::string unfinished{};
};

}  // namespace event

/// `unfinished` where that is all that is wrong; else what the outcome says.
ExitCode exit_code_of(const event::Closed&);

using Event =
    std::variant<event::Opened, event::StepBegan, event::StepDone, event::Noted, event::Output,
                 event::Progressed, event::Awaiting, event::Heard, event::StepFailed, event::Recovering,
                 event::UndoBegan, event::UndoDone, event::UndoFailed, event::Committed, event::Closed>;

struct Record {
  std::uint64_t number = 0;
  Time at{};
  Event event;
};

/// "opened", "step-began", … : the `type` of a record.
std::string type_of(const Event&);
boost::json::object record_to_json(const Record&);
/// Empty for a type this version does not know (a newer belay's record is skipped, not an error).
std::optional<Record> record_from_json(const boost::json::object&);

/// One line of the file: CRC32 in 8 hexadecimal digits, a space, the JSON, a newline.
std::string encode_line(const Record&);
/// The records of the longest intact prefix and its length in bytes. What follows a torn or damaged line is
/// not read.
struct DecodedJournal {
  std::vector<Record> records;
  std::size_t intact_bytes = 0;
  /// The number (from 1) of the first line that is not intact, if an intact one comes after it. 0: none; what
  /// lies behind `intact_bytes`, if anything, is the torn end of a process that died while it wrote.
  std::size_t damaged_line = 0;
};
DecodedJournal decode_journal(std::string_view file_content);
/// Whether its last line is an intact `closed` that leaves nothing unfinished. It needs no other line, so
/// neither damage before it nor the records of a newer version make a finished run look open.
bool ends_closed(std::string_view file_content);

}  // namespace belay
