#include "model/wire.hpp"

#include <sstream>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "samples.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

std::vector<wire::ToController> to_controller() {
  return {
      wire::Hello{
          .version = "0.1.0", .architecture = "x86_64", .hostname = "vps", .clock = sample_records()[0].at},
      wire::Started{.run = "20260112-103300-4f2a9c1"},
      wire::Held{.run = "r", .by = "ana@laptop", .since = sample_records()[0].at, .waiting = true},
      wire::JournalRecord{sample_records()[9]},
      wire::Answer{{{"releases", {1, 2}}}},
      wire::Failure{.message = "no docker", .why = "not\nfound", .next = "install it", .exit_code = 2},
      wire::Pong{}};
}

std::vector<wire::ToHost> to_host() {
  return {wire::Start{.plan = sample_plan(), .wait = true, .variables = {{"A", "b"}}},
          wire::Attach{.run = "r", .from = 17},
          wire::Tell{.nonce = "n", .what = "confirmation", .ok = true, .detail = "200"},
          wire::Unable{.nonce = "n", .what = "source"},
          wire::Cancel{.nonce = "n"},
          wire::Ask{.about = "facts", .arguments = {{"ports", {3001}}}},
          wire::Ping{}};
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

}  // namespace

TEST_CASE("every message of the host reads back as it was written, on one line") {
  CHECK(to_controller().size() == std::variant_size_v<wire::ToController>);
  for (const auto& message : to_controller()) {
    const std::string line = encode(message);
    CAPTURE(line);
    CHECK_FALSE(line.contains('\n'));
    const auto back = wire::decode_to_controller(line);
    CHECK(back.index() == message.index());
    CHECK(encode(back) == line);
  }
}

TEST_CASE("every message of the controller reads back as it was written, on one line") {
  CHECK(to_host().size() == std::variant_size_v<wire::ToHost>);
  for (const auto& message : to_host()) {
    const std::string line = encode(message);
    CAPTURE(line);
    CHECK_FALSE(line.contains('\n'));
    const auto back = wire::decode_to_host(line);
    CHECK(back.index() == message.index());
    CHECK(encode(back) == line);
  }
}

TEST_CASE("an answer with a change of the source reads back whole, also a long one") {
  for (const std::string& change : {std::string("eA=="), std::string(256u << 10, 'A')}) {
    const auto back = wire::decode_to_host(
        encode(wire::Tell{.nonce = "n", .what = "source", .ok = true, .detail = {}, .change = change}));
    CHECK(std::get<wire::Tell>(back).change == change);
  }
  const auto without = wire::decode_to_host(R"({"type":"tell","nonce":"n","what":"source","ok":true})");
  CHECK_FALSE(std::get<wire::Tell>(without).change.has_value());
  CHECK_THROWS_AS(wire::decode_to_host(R"({"type":"tell","nonce":"n","what":"source","ok":true,"change":1})"),
                  Error);
}

TEST_CASE("the messages of protocol 1 read for ever") {
  const auto controller_lines = lines(data_file("wire-v1-to-controller.jsonl"));
  REQUIRE(controller_lines.size() == to_controller().size());
  for (std::size_t at = 0; at < controller_lines.size(); ++at)
    CHECK(encode(wire::decode_to_controller(controller_lines[at])) ==
          encode(wire::decode_to_controller(encode(to_controller()[at]))));
  const auto host_lines = lines(data_file("wire-v1-to-host.jsonl"));
  REQUIRE(host_lines.size() == to_host().size());
  for (std::size_t at = 0; at < host_lines.size(); ++at)
    CHECK(encode(wire::decode_to_host(host_lines[at])) == encode(to_host()[at]));
}

TEST_CASE("what a host says cannot move the terminal, in whatever message and field it comes") {
  // @ stands for each text, and is replaced by what a terminal would act on.
  const char* const messages[]{
      R"({"type":"hello","protocol":1,"version":"@","architecture":"@","hostname":"@"})",
      R"({"type":"started","run":"@"})",
      R"({"type":"held","run":"@","by":"@"})",
      R"({"type":"failure","message":"@","why":"@","next":"@"})",
      R"({"type":"answer","value":{"@":["@",{"a":"@"}]}})",
      R"({"type":"answer","value":"@"})",
      R"({"type":"record","record":{"n":1,"at":"2026-01-12T10:33:00.373Z","type":"output","step":"build","line":"@"}})",
      R"({"type":"record","record":{"n":1,"at":"2026-01-12T10:33:00.373Z","type":"awaiting","what":"source","detail":"@"}})",
      R"({"type":"record","record":{"n":1,"at":"2026-01-12T10:33:00.373Z","type":"step-failed","step":"build","message":"@","why":"@","next":"@","frames":["@"],"container_log":["@"],"container":"@","logs":"@"}})",
  };
  const std::pair<const char*, const char*> said[]{
      {R"(\u001b[2J)", R"(\\x1b[2J)"},
      {R"(\u001b]0;x\u0007)", R"(\\x1b]0;x\\x07)"},
      {R"(\u009b2J)", R"(\\u009b2J)"},
      {"\xc2\x9b", R"(\\u009b)"},
      {R"(\u007f)", R"(\\x7f)"},
      {R"(\u202e)", R"(\\u202e)"},
      {"\xff", R"(\\xff)"},
      {R"(a\rb)", R"(a\\rb)"},
      {R"(\u0000)", R"(\\x00)"},
      {R"(a\r\nb)", R"(a\nb)"},
  };
  const auto with = [](std::string text, const std::string& word) {
    for (auto at = text.find('@'); at != std::string::npos; at = text.find('@', at + word.size()))
      text.replace(at, 1, word);
    return text;
  };
  for (const char* const message : messages)
    for (const auto& [raw, shown] : said) {
      const std::string line = with(message, raw);
      CAPTURE(line);
      CHECK(encode(wire::decode_to_controller(line)) ==
            encode(wire::decode_to_controller(with(message, shown))));
      CHECK(encode(wire::decode_to_controller(line)).contains(shown));
    }
}

TEST_CASE("a host's message is bounded: its texts, its depth, and how many values it has") {
  const std::string before = R"({"type":"answer","value":)";
  const auto answer_of = [&](const std::string& value) {
    return std::get<wire::Answer>(wire::decode_to_controller(before + value + "}")).value;
  };
  const std::string long_text(200'000, 'x');
  const auto text = answer_of("\"" + long_text + "\"");
  CHECK(text.get_string().size() <= 64 * 1024);
  CHECK(std::string_view(text.get_string()).ends_with(" bytes more)"));
  CHECK(answer_of(std::string(40, '[') + std::string(40, ']')).is_array());
  CHECK_THROWS_AS(answer_of(std::string(100, '[') + std::string(100, ']')), Error);
  const auto list_of = [](int count) {
    std::string list = "[0";
    for (int i = 1; i < count; ++i) list += ",0";
    return list + "]";
  };
  CHECK(answer_of(list_of(90'000)).get_array().size() == 90'000);
  CHECK_THROWS_AS(answer_of(list_of(100'001)), Error);
  CHECK(answer_of("\"" + std::string(30'000, ',') + std::string(30'000, '[') + R"(\",)" + "\"").is_string());
  // The one text that is a list for a machine is not cut.
  std::string ids;
  for (int i = 0; i < 10'000; ++i) ids += std::string(40, 'a') + R"(\n)";
  const auto awaiting = wire::decode_to_controller(
      R"({"type":"record","record":{"n":1,"at":"2026-01-12T10:33:00.373Z","type":"awaiting","what":"committed","detail":")" +
      ids + "\"}}");
  CHECK(encode(awaiting).size() > 410'000);
}

TEST_CASE("a host's failure is never taken for a success") {
  for (const auto& [said, taken] :
       {std::pair{1, 1}, {2, 2}, {3, 3}, {4, 4}, {0, 1}, {-1, 1}, {5, 5}, {6, 1}, {256, 1}}) {
    const auto message = wire::decode_to_controller(R"({"type":"failure","message":"m","exit_code":)" +
                                                    std::to_string(said) + "}");
    CHECK(std::get<wire::Failure>(message).exit_code == taken);
  }
}

TEST_CASE("a malformed or unknown message is an error") {
  for (const char* line :
       {"", "x", "[]", "{}", R"({"type":3})", R"({"type":"dance"})", R"({"type":"started"})",
        R"({"type":"ping"})", R"({"type":"record","record":{"n":1,"type":"dance"}})",
        R"({"type":"hello","protocol":"one","version":"1"})"}) {
    CAPTURE(line);
    CHECK_THROWS_AS(wire::decode_to_controller(line), Error);
  }
  for (const char* line :
       {"", R"({"type":"start"})", R"({"type":"start","plan":{}})", R"({"type":"pong"})",
        R"({"type":"tell","nonce":"n","what":"source"})", R"({"type":"attach","from":-1})"}) {
    CAPTURE(line);
    CHECK_THROWS_AS(wire::decode_to_host(line), Error);
  }
}
