#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "drivers/docker_logs.hpp"

using belay::docker::LogLines;

namespace {

std::string frame(char stream, const std::string& text) {
  std::string header(8, '\0');
  header[0] = stream;
  for (std::size_t i = 0; i < 4; ++i) header[7 - i] = static_cast<char>(text.size() >> (8 * i) & 0xff);
  return header + text;
}

std::vector<std::string> lines_of(bool framed, const std::string& bytes, std::size_t piece) {
  std::vector<std::string> lines;
  LogLines splitter(framed, [&](const std::string& line) { lines.push_back(line); });
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    splitter.feed(std::string_view(bytes).substr(at, piece));
  splitter.finish();
  return lines;
}

}  // namespace

TEST_CASE("frames of both streams become lines, however the bytes are cut") {
  const std::string bytes = frame(1, "one\n") + frame(2, "warn") + frame(1, "two\nthree\r\n") +
                            frame(2, "ing\n") + frame(1, "") + frame(1, "\nlast");
  const std::vector<std::string> expected{"one", "two", "three", "warning", "", "last"};
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    CAPTURE(piece);
    CHECK(lines_of(true, bytes, piece) == expected);
  }
}

TEST_CASE("a terminal's log is raw") {
  CHECK(lines_of(false, "\1\2 raw\r\nnext", 3) == std::vector<std::string>{"\1\2 raw", "next"});
}

TEST_CASE("a long line in many frames is one line") {
  const std::string part(16'384, 'x');
  CHECK(lines_of(true, frame(1, part) + frame(1, part) + frame(1, "\n"), 1000) ==
        std::vector<std::string>{part + part});
}
