#include <set>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "model/journal_record.hpp"
#include "samples.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

std::string encoded(const std::vector<Record>& records) {
  std::string content;
  for (const Record& record : records) content += encode_line(record);
  return content;
}

/// Where each line of `content` ends, its newline included.
std::vector<std::size_t> line_ends(const std::string& content) {
  std::vector<std::size_t> ends;
  for (std::size_t at = content.find('\n'); at != std::string::npos; at = content.find('\n', at + 1))
    ends.push_back(at + 1);
  return ends;
}

/// `decoded` is exactly the first `count` records of `content`, and says so.
void require_prefix(const DecodedJournal& decoded, const std::string& content, std::size_t count) {
  const auto ends = line_ends(content);
  const std::size_t bytes = count == 0 ? 0 : ends[count - 1];
  REQUIRE(decoded.records.size() == count);
  REQUIRE(decoded.intact_bytes == bytes);
  REQUIRE(encoded(decoded.records) == content.substr(0, bytes));
}

std::string line_of(const std::string& json) {
  return fmt::format("{:08x} {}\n", crc32(json), json);
}

}  // namespace

TEST_CASE("every kind of record reads back as it was written") {
  const auto records = sample_records();
  std::set<std::size_t> kinds;
  for (const Record& record : records) {
    CAPTURE(type_of(record.event));
    const auto written = record_to_json(record);
    const auto back = record_from_json(written);
    REQUIRE(back);
    CHECK(back->number == record.number);
    CHECK(back->at == record.at);
    CHECK(back->event.index() == record.event.index());
    CHECK(boost::json::serialize(record_to_json(*back)) == boost::json::serialize(written));
    kinds.insert(record.event.index());
  }
  CHECK(kinds.size() == std::variant_size_v<Event>);
}

TEST_CASE("a line is a checksum, a space, JSON and a newline, whatever the record holds") {
  const std::string line = encode_line(sample_records()[3]);
  CHECK(line_of(line.substr(9, line.size() - 10)) == line);
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(line.find_first_of("\t\x01") == std::string::npos);
}

TEST_CASE("output that is not UTF-8 neither breaks its own record nor those after it") {
  auto records = sample_records();
  std::get<event::Output>(records[3].event).line = "latin-1: \xFC, cut: \xE2\x82";
  const DecodedJournal decoded = decode_journal(encoded(records));
  REQUIRE(decoded.records.size() == records.size());
  CHECK(std::get<event::Output>(decoded.records[3].event).line ==
        "latin-1: \xEF\xBF\xBD, cut: \xEF\xBF\xBD\xEF\xBF\xBD");
}

/// Three records that follow one another, for each place in the sample: what happens to a line can be seen
/// from it and its neighbours, and all lines each time would take minutes.
std::vector<std::string> neighbours() {
  const auto records = sample_records();
  std::vector<std::string> found;
  for (std::size_t at = 0; at + 3 <= records.size(); ++at)
    found.push_back(encoded({records.begin() + static_cast<std::ptrdiff_t>(at),
                             records.begin() + static_cast<std::ptrdiff_t>(at + 3)}));
  return found;
}

TEST_CASE("a journal cut at any byte opens as the records that are whole") {
  for (const std::string& content : neighbours()) {
    const auto ends = line_ends(content);
    std::size_t whole = 0;
    for (std::size_t length = 0; length <= content.size(); ++length) {
      if (whole < ends.size() && ends[whole] == length) ++whole;
      CAPTURE(length);
      require_prefix(decode_journal(std::string_view(content).substr(0, length)), content, whole);
    }
    CHECK(whole == 3);
  }
}

TEST_CASE(
    "a journal with any one bit flipped opens as the records before the damage, which is told from a torn "
    "end") {
  for (const std::string& content : neighbours()) {
    const auto ends = line_ends(content);
    std::string damaged = content;
    std::size_t record = 0;
    for (std::size_t byte = 0; byte < content.size(); ++byte) {
      if (ends[record] == byte) ++record;
      for (int bit = 0; bit < 8; ++bit) {
        damaged[byte] = static_cast<char>(content[byte] ^ (1 << bit));
        CAPTURE(byte);
        CAPTURE(bit);
        const DecodedJournal decoded = decode_journal(damaged);
        require_prefix(decoded, content, record);
        // A newline that is lost makes one line of two: then the last two are the end.
        const bool joined = content[byte] == '\n';
        const bool followed = record + (joined ? 2 : 1) < ends.size();
        REQUIRE(decoded.damaged_line == (followed ? record + 1 : 0));
      }
      damaged[byte] = content[byte];
    }
  }
}

namespace {

struct Bad {
  const char* kind;
  std::string (*of)(std::string line);
};

const Bad bad_lines[] = {
    {"a flipped bit in the JSON", [](std::string line) { return line[12] ^= 1, line; }},
    {"a flipped bit in the checksum", [](std::string line) { return line[3] ^= 1, line; }},
    {"the newline is lost", [](std::string line) { return line.substr(0, line.size() - 1); }},
    {"half of it is there", [](std::string line) { return line.substr(0, line.size() / 2); }},
    {"half of it, and a newline", [](std::string line) { return line.substr(0, line.size() / 2) + "\n"; }},
    {"zeros", [](std::string line) { return std::string(line.size(), '\0'); }},
    {"an empty line before it", [](std::string line) { return "\n" + line; }},
    {"another program's line", [](std::string) { return std::string("# by hand\n"); }},
};

}  // namespace

TEST_CASE("a bad line is damage wherever an intact one follows it, and a torn end where none does") {
  const auto records = sample_records();
  const std::size_t count = records.size();
  for (const auto& bad : bad_lines)
    for (std::size_t at = 0; at < count; ++at) {
      CAPTURE(bad.kind);
      CAPTURE(at);
      std::string content;
      for (std::size_t i = 0; i < count; ++i)
        content += i == at ? bad.of(encode_line(records[i])) : encode_line(records[i]);
      const auto decoded = decode_journal(content);
      REQUIRE(decoded.records.size() == at);
      // Without its newline the bad line swallows the next one.
      const bool swallows = bad.of(encode_line(records[at])).back() != '\n';
      const bool is_itself_intact = std::string_view(bad.kind).starts_with("an empty line");
      const bool intact_follows = is_itself_intact || at + (swallows ? 2 : 1) < count;
      REQUIRE(decoded.damaged_line == (intact_follows ? at + 1 : 0));
    }
}

TEST_CASE("a run is closed if its last line says so, whatever stands before it") {
  const std::string closed = encode_line({7, {}, event::Closed{}});
  const std::string other = encode_line({6, {}, event::Recovering{"guard"}});
  CHECK(ends_closed(closed));
  CHECK(ends_closed("damaged\n" + closed));
  CHECK(ends_closed(line_of(R"({"n":1,"type":"step-began","step":"dance"})") + closed));
  CHECK(ends_closed(line_of(R"({"n":9,"type":"closed","outcome":"of a newer version"})")));
  CHECK_FALSE(ends_closed(""));
  CHECK_FALSE(ends_closed("\n"));
  CHECK_FALSE(ends_closed(closed + other));
  CHECK_FALSE(ends_closed(closed.substr(0, closed.size() - 1)));
  std::string damaged = closed;
  damaged[20] ^= 1;
  CHECK_FALSE(ends_closed(damaged));
}

TEST_CASE("a record of a kind this version does not know is skipped, and what follows is read") {
  const auto records = sample_records();
  const std::string unknown =
      line_of(R"({"n":2,"at":"2026-01-12T10:33:00.123Z","type":"from-the-future","x":[1]})");
  const std::string content = encode_line(records[0]) + unknown + encode_line(records[2]);
  const DecodedJournal decoded = decode_journal(content);
  REQUIRE(decoded.records.size() == 2);
  CHECK(decoded.records[1].number == 3);
  CHECK(decoded.intact_bytes == content.size());
}

TEST_CASE("an intact line that cannot be understood is an error, not damage to cut off") {
  CHECK_THROWS_AS(decode_journal(line_of("no JSON")), Error);
  CHECK_THROWS_AS(decode_journal(line_of(R"({"n":1})")), Error);
  CHECK_THROWS_WITH_AS(decode_journal(line_of(R"({"n":1,"type":"step-began","step":"dance"})")),
                       "cannot read journal record.step", Error);
}

TEST_CASE("the first record carries the format, and a newer one is refused") {
  auto opened = record_to_json(sample_records()[0]);
  CHECK(opened.at("format") == 1);
  opened["format"] = 2;
  CHECK_THROWS_WITH_AS(record_from_json(opened), "cannot read this journal record", Error);
}

TEST_CASE("an empty file is an empty journal") {
  CHECK(decode_journal("").records.empty());
  CHECK(decode_journal("").intact_bytes == 0);
}

TEST_CASE("the journal written by format 1 reads for ever") {
  const std::string golden = data_file("journal-v1.jsonl");
  const DecodedJournal decoded = decode_journal(golden);
  CHECK(decoded.intact_bytes == golden.size());
  REQUIRE(decoded.records.size() == sample_records().size());
  CHECK(encoded(decoded.records) == encoded(sample_records()));
}

TEST_CASE("outcomes have names and exit codes") {
  CHECK(to_string(RunOutcome::rolled_back) == "rolled-back");
  struct Case {
    RunOutcome outcome;
    const char* unfinished;
    ExitCode code;
  };
  using enum RunOutcome;
  for (const auto& [outcome, unfinished, code] : {Case{deployed, "", ExitCode::deployed},
                                                  {deployed, "not all", ExitCode::unfinished},
                                                  {rolled_back, "", ExitCode::failed},
                                                  {rolled_back, "not all", ExitCode::unfinished},
                                                  {nothing_serves, "", ExitCode::nothing_serves},
                                                  {nothing_serves, "not all", ExitCode::nothing_serves},
                                                  {left_in_place, "", ExitCode::nothing_serves}}) {
    CAPTURE(to_string(outcome));
    CAPTURE(unfinished);
    event::Closed closed{.outcome = outcome};
    closed.unfinished = unfinished;
    CHECK(exit_code_of(closed) == code);
    CHECK(ends_closed(encode_line({1, Time{}, closed})) == std::string(unfinished).empty());
  }
}
