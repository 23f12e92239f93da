#include "control/line.hpp"

#include <doctest/doctest.h>

using namespace belay;

TEST_CASE("what ssh passes on of the host's words cannot move the terminal") {
  Line line(Command{.argv = {"sh", "-c", R"(printf '\033[2J\033]0;x\a\233 \342\200\256 a\rb\n' >&2)"}});
  CHECK(line.last_words().text == "\\x1b[2J\\x1b]0;x\\x07\\x9b \\u202e a\\rb");
}

TEST_CASE("of very many words the last are kept") {
  Line line(Command{.argv = {"sh", "-c", "yes line | head -n 10000 >&2; echo the end >&2"}});
  const std::string text = line.last_words().text;
  CHECK(text.ends_with("the end"));
  CHECK(text.size() < 20'000);
}

TEST_CASE("a message that holds more than it may ends the line, with the reason") {
  Line line(Command{.argv = {"sh", "-c", R"(printf '{"type":"answer","value":[0'
yes ',0' | head -n 200000 | tr -d '\n'; echo ']}'; cat >/dev/null)"}});
  line.begin();
  const Received received = line.receive({}, Deadline::in(std::chrono::minutes(1)));
  CHECK(received.end == Received::End::dead);
  CHECK(line.why_dead().contains("cannot read the host's message"));
}
