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

TEST_CASE("a journal cut at any byte opens as the records that are whole") {
  const std::string content = encoded(sample_records());
  const auto ends = line_ends(content);
  std::size_t whole = 0;
  for (std::size_t length = 0; length <= content.size(); ++length) {
    if (whole < ends.size() && ends[whole] == length) ++whole;
    CAPTURE(length);
    require_prefix(decode_journal(std::string_view(content).substr(0, length)), content, whole);
  }
  CHECK(whole == sample_records().size());
}

TEST_CASE("a journal with any one bit flipped opens as the records before the damage") {
  const std::string content = encoded(sample_records());
  const auto ends = line_ends(content);
  std::string damaged = content;
  std::size_t record = 0;
  for (std::size_t byte = 0; byte < content.size(); ++byte) {
    if (ends[record] == byte) ++record;
    for (int bit = 0; bit < 8; ++bit) {
      damaged[byte] = static_cast<char>(content[byte] ^ (1 << bit));
      CAPTURE(byte);
      CAPTURE(bit);
      require_prefix(decode_journal(damaged), content, record);
    }
    damaged[byte] = content[byte];
  }
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
  CHECK(exit_code_of(RunOutcome::deployed) == ExitCode::deployed);
  CHECK(exit_code_of(RunOutcome::rolled_back) == ExitCode::failed);
  CHECK(exit_code_of(RunOutcome::nothing_serves) == ExitCode::nothing_serves);
  CHECK(exit_code_of(RunOutcome::left_in_place) == ExitCode::nothing_serves);
}
