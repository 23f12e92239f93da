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

TEST_CASE("the messages of protocol 1 read for ever") {
  const auto controller_lines = lines(data_file("wire-v1-to-controller.jsonl"));
  REQUIRE(controller_lines.size() == to_controller().size());
  for (std::size_t at = 0; at < controller_lines.size(); ++at)
    CHECK(encode(wire::decode_to_controller(controller_lines[at])) == encode(to_controller()[at]));
  const auto host_lines = lines(data_file("wire-v1-to-host.jsonl"));
  REQUIRE(host_lines.size() == to_host().size());
  for (std::size_t at = 0; at < host_lines.size(); ++at)
    CHECK(encode(wire::decode_to_host(host_lines[at])) == encode(to_host()[at]));
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
