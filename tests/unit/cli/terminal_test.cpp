#include "cli/terminal.hpp"

#include <array>
#include <cerrno>
#include <map>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "captured_output.hpp"

using namespace belay;
using namespace belay::cli;

namespace {

VariableLookup variables(std::map<std::string, std::string> set) {
  return [set = std::move(set)](const std::string& name) {
    const auto found = set.find(name);
    return found == set.end() ? std::nullopt : std::optional(found->second);
  };
}

struct Terminal {
  Fd master, slave;
};
Terminal open_terminal(int columns, int rows) {
  int master = -1, slave = -1;
  const winsize size{static_cast<unsigned short>(rows), static_cast<unsigned short>(columns), 0, 0};
  REQUIRE(openpty(&master, &slave, nullptr, nullptr, &size) == 0);
  return {Fd(master), Fd(slave)};
}

}  // namespace

TEST_CASE("colours on a terminal, and only there") {
  const Terminal terminal = open_terminal(90, 30);
  CapturedOutput file;
  CHECK(surface_of(terminal.slave.get(), variables({{"TERM", "xterm"}}), false).style.colour);
  CHECK_FALSE(surface_of(file.output().fd(), variables({{"TERM", "xterm"}}), false).style.colour);
}

TEST_CASE("NO_COLOR, --no-color and a dumb terminal take the colours; CLICOLOR_FORCE gives them") {
  const Terminal terminal = open_terminal(90, 30);
  const int fd = terminal.slave.get();
  CapturedOutput file;
  CHECK_FALSE(surface_of(fd, variables({{"TERM", "xterm"}, {"NO_COLOR", "1"}}), false).style.colour);
  CHECK(surface_of(fd, variables({{"TERM", "xterm"}, {"NO_COLOR", ""}}), false).style.colour);
  CHECK_FALSE(surface_of(fd, variables({{"TERM", "xterm"}}), true).style.colour);
  CHECK_FALSE(surface_of(fd, variables({{"TERM", "dumb"}}), false).style.colour);
  CHECK(surface_of(file.output().fd(), variables({{"CLICOLOR_FORCE", "1"}}), false).style.colour);
  CHECK_FALSE(surface_of(file.output().fd(), variables({{"CLICOLOR_FORCE", "0"}}), false).style.colour);
  CHECK_FALSE(surface_of(file.output().fd(), variables({{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}}), false)
                  .style.colour);
}

TEST_CASE("a dumb terminal gets no live view") {
  const Terminal terminal = open_terminal(90, 30);
  CHECK(surface_of(terminal.slave.get(), variables({{"TERM", "xterm"}}), false).moves);
  CHECK_FALSE(surface_of(terminal.slave.get(), variables({{"TERM", "dumb"}}), false).moves);
  CHECK_FALSE(surface_of(terminal.slave.get(), variables({}), false).moves);
}

TEST_CASE("Unicode by the first of LC_ALL, LC_CTYPE and LANG that is set") {
  CHECK(surface_of(1, variables({{"LANG", "de_DE.UTF-8"}}), false).style.unicode);
  CHECK(surface_of(1, variables({{"LANG", "C.utf8"}}), false).style.unicode);
  CHECK_FALSE(surface_of(1, variables({{"LANG", "C"}}), false).style.unicode);
  CHECK_FALSE(surface_of(1, variables({}), false).style.unicode);
  CHECK_FALSE(surface_of(1, variables({{"LC_ALL", "C"}, {"LANG", "de_DE.UTF-8"}}), false).style.unicode);
  CHECK(surface_of(1, variables({{"LC_ALL", ""}, {"LC_CTYPE", "en_US.UTF-8"}, {"LANG", "C"}}), false)
            .style.unicode);
}

TEST_CASE("the size is the terminal's, and 80 by 24 where there is none") {
  const Terminal terminal = open_terminal(101, 33);
  CHECK(size_of(terminal.slave.get()).columns == 101);
  CHECK(size_of(terminal.slave.get()).rows == 33);
  CapturedOutput file;
  CHECK(size_of(file.output().fd()).columns == 80);
  CHECK(size_of(file.output().fd()).rows == 24);
}

TEST_CASE("a reader that went away is remembered, not thrown") {
  Pipe pipe = make_pipe();
  Output output(pipe.write.get());
  pipe.read.reset();
  output.line("to nobody");
  CHECK(output.failure() == EPIPE);
  output.line("still to nobody");
}

TEST_CASE("a full disk is remembered") {
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  Output output(full.get());
  output.line("no room");
  CHECK(output.failure() == ENOSPC);
}

TEST_CASE("a descriptor that somebody made non-blocking still gets everything") {
  const Terminal terminal = open_terminal(80, 24);
  REQUIRE(fcntl(terminal.slave.get(), F_SETFL, O_NONBLOCK) == 0);
  const std::string text(200'000, 'x');
  std::size_t received = 0;
  std::jthread reader([&] {
    std::array<char, 4096> piece{};
    while (received < text.size()) {
      const ssize_t got = read(terminal.master.get(), piece.data(), piece.size());
      if (got <= 0) return;
      received += static_cast<std::size_t>(got);
    }
  });
  Output output(terminal.slave.get());
  output.write(text);
  CHECK(output.failure() == 0);
  reader.join();
  CHECK(received == text.size());
}

TEST_CASE("nothing that is printed shows a secret, and JSON stays JSON") {
  CapturedOutput captured;
  auto& output = captured.output();
  output.hide(Masks(Values{{"A", "the-secret"}, {"B", "true"}}));
  output.line("it is the-secret");
  output.write("the%2Dsecret\n");
  output.json({{"line", "it is the-secret"}, {"ok", true}});
  CHECK(captured.text() == "it is ***\n***\n{\"line\":\"it is ***\",\"ok\":true}\n");
}
