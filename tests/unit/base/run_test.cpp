#include <csignal>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "processes.hpp"

using namespace belay;
using namespace std::chrono_literals;

namespace {

struct Lines {
  std::vector<std::string> out, err;
  LineSink sink() {
    return [this](Stream stream, std::string_view line) {
      (stream == Stream::out ? out : err).emplace_back(line);
    };
  }
};

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 7919) >> 3);
  return bytes;
}

}  // namespace

TEST_CASE("every line of both pipes arrives, in order") {
  Lines lines;
  const auto script = "i=0; while [ $i -lt 20000 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done";
  CHECK(run(shell(script), {}, in_good_time(), lines.sink()).ok());
  REQUIRE(lines.out.size() == 20000);
  REQUIRE(lines.err.size() == 20000);
  for (std::size_t i = 0; i < 20000; ++i) {
    REQUIRE(lines.out[i] == fmt::format("out {}", i));
    REQUIRE(lines.err[i] == fmt::format("err {}", i));
  }
}

TEST_CASE("lines come while the program runs, not at its end") {
  std::stop_source stop;
  const LineSink stop_at_first = [&](Stream, std::string_view) { stop.request_stop(); };
  const auto outcome = run(shell("echo started; sleep 300"), stop.get_token(), in_good_time(), stop_at_first);
  CHECK(outcome.end == Outcome::End::cancelled);
}

TEST_CASE("a last line without a newline counts") {
  Lines lines;
  run(shell("printf 'one\\ntwo'; printf three >&2"), {}, in_good_time(), lines.sink());
  CHECK(lines.out == std::vector<std::string>{"one", "two"});
  CHECK(lines.err == std::vector<std::string>{"three"});
}

TEST_CASE("the outcome tells exit codes from signals") {
  const auto failed = run(shell("exit 7"), {}, in_good_time(), [](Stream, std::string_view) {});
  CHECK(failed.end == Outcome::End::exited);
  CHECK(failed.code == 7);
  CHECK_FALSE(failed.ok());
  CHECK(failed.described() == "exit code 7");
  const auto killed = run(shell("kill -KILL $$"), {}, in_good_time(), [](Stream, std::string_view) {});
  CHECK(killed.end == Outcome::End::signalled);
  CHECK(killed.code == SIGKILL);
  CHECK(killed.described() == "killed by SIGKILL");
}

TEST_CASE("a missing program is an Error and leaves no zombie") {
  try {
    capture({.argv = {"no-such-program-of-belay"}}, {}, in_good_time());
    FAIL("no Error");
  } catch (const Error& error) {
    CHECK(error.message() == "cannot start no-such-program-of-belay");
    CHECK(error.why() == "no such program on the PATH");
  }
  CHECK(has_no_child());
}

TEST_CASE("a file that is no program, a missing directory and an empty command are told apart") {
  const TemporaryDirectory scratch("belay-run-");
  write_file_atomically(scratch.path() / "text", "text", 0644);
  const auto why = [](const Command& command) {
    try {
      capture(command, {}, in_good_time());
      return std::string("it ran");
    } catch (const Error& error) {
      return error.why();
    }
  };
  CHECK(why({.argv = {scratch.path() / "text"}}) == "Permission denied");
  CHECK(why({.argv = {scratch.path() / "none"}}) == "No such file or directory");
  CHECK(why({.argv = {"true"}, .directory = scratch.path() / "none"}) ==
        fmt::format("its directory {} does not exist", (scratch.path() / "none").native()));
  CHECK(why({}) == "no program is named");
}

TEST_CASE("big input goes in while big output comes out") {
  const std::string bytes = pattern(8u << 20);
  const auto captured = capture({.argv = {"cat"}, .input = bytes}, {}, in_good_time());
  CHECK(captured.ok());
  CHECK(captured.out == bytes);  // both directions at once: neither side may wait for the other
}

TEST_CASE("a program may leave its input unread") {
  const std::string bytes = pattern(8u << 20);
  CHECK(capture({.argv = {"true"}, .input = bytes}, {}, in_good_time()).ok());
  const auto head = capture({.argv = {"head", "-c", "10"}, .input = bytes}, {}, in_good_time());
  CHECK(head.ok());
  CHECK(head.out == bytes.substr(0, 10));
}

TEST_CASE("without input a program reads end of file") {
  CHECK(capture({.argv = {"cat"}}, {}, in_good_time()).out.empty());
}

TEST_CASE("capture keeps bytes as they are, and 16 MiB of them at most") {
  CHECK(capture(shell("printf 'a\\r\\n\\n\\000b'"), {}, in_good_time()).out == std::string("a\r\n\n\0b", 6));
  const auto much = capture(shell("head -c 20000000 /dev/zero; echo end >&2"), {}, in_good_time());
  CHECK(much.ok());
  CHECK(much.out.size() == 16u << 20);
  CHECK(much.err == "end\n");
}

TEST_CASE("stdout goes raw to a descriptor if one is given") {
  const TemporaryDirectory scratch("belay-run-");
  const Fd file(::open((scratch.path() / "dump").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(file);
  Lines lines;
  Command command = shell("printf 'raw\\rbytes'; echo said >&2");
  command.stdout_to = file.get();
  CHECK(run(command, {}, in_good_time(), lines.sink()).ok());
  CHECK(read_file(scratch.path() / "dump") == "raw\rbytes");
  CHECK(lines.out.empty());
  CHECK(lines.err == std::vector<std::string>{"said"});
}

TEST_CASE("require_output returns stdout, or throws what was said last") {
  CHECK(require_output(shell("echo fine"), {}, in_good_time(), "cannot ask") == "fine\n");
  const auto error_of = [](const std::string& script) {
    try {
      require_output(shell(script), {}, in_good_time(), "cannot ask", "ask again");
      return Error("nothing");
    } catch (const Error& error) {
      return error;
    }
  };
  const Error error = error_of("echo said; echo no such thing >&2; exit 3");
  CHECK(error.message() == "cannot ask");
  CHECK(error.why() == "exit code 3\nno such thing");
  CHECK(error.next() == "ask again");
  CHECK(error_of("echo said on stdout; exit 1").why() == "exit code 1\nsaid on stdout");
  CHECK(error_of("exit 1").why() == "exit code 1");
  const std::string why = error_of("seq 100 >&2; exit 1").why();
  CHECK(why.starts_with("exit code 1\n81\n82\n"));
  CHECK(why.ends_with("\n100"));
}

TEST_CASE("the last lines of what a program printed, without the blank ones at its end") {
  struct Row {
    const char* printed;
    int count;
    const char* last;
  };
  for (const Row& row : {Row{"", 2, ""}, Row{"\n \r\n\n", 2, ""}, Row{"one", 2, "one"},
                         Row{"one\ntwo", 2, "one\ntwo"}, Row{"one\ntwo\nthree\n\n", 2, "two\nthree"},
                         Row{"one\n\nthree", 2, "\nthree"}, Row{"\none", 1, "one"}, Row{"one\n", 0, ""}}) {
    CAPTURE(row.printed);
    CHECK(last_lines(row.printed, row.count) == row.last);
  }
}
