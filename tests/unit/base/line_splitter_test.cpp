#include "base/line_splitter.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace belay;

namespace {

using Lines = std::vector<std::string>;

Lines split(std::string_view bytes, std::size_t at_once) {
  Lines lines;
  LineSplitter splitter([&](std::string_view line) { lines.emplace_back(line); });
  for (std::size_t i = 0; i < bytes.size(); i += at_once) splitter.add(bytes.substr(i, at_once));
  splitter.finish();
  return lines;
}

}  // namespace

TEST_CASE("lines are the same however the bytes come in") {
  struct Case {
    std::string bytes;
    Lines lines;
  };
  const std::vector<Case> cases{
      {"", {}},
      {"one\ntwo\n", {"one", "two"}},
      {"one\ntwo", {"one", "two"}},
      {"\n\n", {"", ""}},
      {"one\n\ntwo\n", {"one", "", "two"}},
      {"one\r\ntwo\r\n", {"one", "two"}},
      {"one\r\n\r\ntwo\r\n", {"one", "", "two"}},
      {"10%\r20%\r100%\ndone\n", {"10%", "20%", "100%", "done"}},
      {"\r10%\r20%\n", {"10%", "20%"}},
      {"one\r\r\ntwo", {"one", "two"}},
      {"one\r\rtwo", {"one", "two"}},
      {"one\r", {"one"}},
      {"\r", {}},
  };
  for (const Case& each : cases) {
    for (std::size_t at_once = 1; at_once <= 4; ++at_once) {
      CAPTURE(each.bytes);
      CAPTURE(at_once);
      CHECK(split(each.bytes, at_once) == each.lines);
    }
  }
}

TEST_CASE("a line over a MiB comes in pieces") {
  const std::size_t mebibyte = 1u << 20;
  const Lines lines = split(std::string(2 * mebibyte + 5, 'x') + "\nnext\n", 70'000);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].size() == mebibyte);
  CHECK(lines[1].size() == mebibyte);
  CHECK(lines[2].size() == 5);
  CHECK(lines[3] == "next");
}
