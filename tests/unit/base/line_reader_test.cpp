#include "base/line_reader.hpp"

#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "processes.hpp"

using namespace belay;
using namespace std::chrono_literals;

namespace {

using Status = LineReader::Status;

/// A pipe with bytes in it whose writer is gone.
Pipe with(std::string_view bytes) {
  Pipe pipe = make_pipe();
  write_all(pipe.write.get(), bytes);
  pipe.write.reset();
  return pipe;
}

std::vector<std::string> all_lines(LineReader& reader) {
  std::vector<std::string> lines;
  for (std::string line; reader.next(line, {}, in_good_time()) == Status::line;) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("each message comes whole, and then the end, again and again") {
  const Pipe pipe = with("one\n\ntwo\n");
  LineReader reader(pipe.read.get());
  CHECK(all_lines(reader) == std::vector<std::string>{"one", "", "two"});
  std::string line = "untouched";
  CHECK(reader.next(line, {}, in_good_time()) == Status::end);
  CHECK(line == "untouched");
}

TEST_CASE("a torn last message is dropped") {
  const Pipe pipe = with("whole\ntor");
  LineReader reader(pipe.read.get());
  CHECK(all_lines(reader) == std::vector<std::string>{"whole"});
}

TEST_CASE("a great many messages of all lengths come through") {
  const Pipe pipe = make_pipe();
  std::jthread writer([&] {
    for (std::size_t i = 0; i < 5000; ++i)
      write_all(pipe.write.get(), std::string((i * 37) % 1500, 'x') + "\n");
    write_all(pipe.write.get(), std::string(3'000'000, 'y') + "\n");
  });
  LineReader reader(pipe.read.get());
  std::string line;
  for (std::size_t i = 0; i < 5000; ++i) {
    REQUIRE(reader.next(line, {}, in_good_time()) == Status::line);
    REQUIRE(line == std::string((i * 37) % 1500, 'x'));
  }
  REQUIRE(reader.next(line, {}, in_good_time()) == Status::line);
  CHECK(line == std::string(3'000'000, 'y'));
}

TEST_CASE("a message of the limit passes, one byte more is an Error") {
  std::string line;
  const Pipe exact = with("12345678\n");
  CHECK(LineReader(exact.read.get(), 8).next(line, {}, in_good_time()) == Status::line);
  CHECK(line == "12345678");
  const Pipe over = with("123456789\n");
  CHECK_THROWS_AS(LineReader(over.read.get(), 8).next(line, {}, in_good_time()), Error);
  const Pipe endless = with("1234567890");
  CHECK_THROWS_AS(LineReader(endless.read.get(), 8).next(line, {}, in_good_time()), Error);
  const Pipe later = with("one\n123456789\n");
  LineReader reader(later.read.get(), 8);
  CHECK(reader.next(line, {}, in_good_time()) == Status::line);
  CHECK_THROWS_AS(reader.next(line, {}, in_good_time()), Error);
}

TEST_CASE("the deadline ends the wait, and nothing is lost by it") {
  const Pipe pipe = make_pipe();
  LineReader reader(pipe.read.get());
  std::string line;
  write_all(pipe.write.get(), "ha");
  CHECK(reader.next(line, {}, Deadline::in(20ms)) == Status::deadline);
  write_all(pipe.write.get(), "lf\n");
  CHECK(reader.next(line, {}, Deadline::in(0ms)) == Status::line);  // what is there is read though time is up
  CHECK(line == "half");
}

TEST_CASE("bytes that never make a line do not put off the deadline") {
  const Fd endless(::open("/dev/zero", O_RDONLY | O_CLOEXEC));  // poll() never finds it empty
  std::string line;
  CHECK(LineReader(endless.get(), 1u << 30).next(line, {}, Deadline::in(5ms)) == Status::deadline);
}

TEST_CASE("a stop ends the wait, but not before a message that is here") {
  const Pipe pipe = make_pipe();
  LineReader reader(pipe.read.get());
  std::stop_source stop;
  std::string line;
  write_all(pipe.write.get(), "one\ntwo\n");
  CHECK(reader.next(line, stop.get_token(), in_good_time()) == Status::line);
  std::jthread canceller([&] { stop.request_stop(); });
  canceller.join();
  CHECK(reader.next(line, stop.get_token(), in_good_time()) == Status::line);
  CHECK(line == "two");
  CHECK(reader.next(line, stop.get_token(), in_good_time()) == Status::stopped);
}

TEST_CASE("a connection that is reset has ended") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const Fd ours(ends[0]);
  Fd theirs(ends[1]);
  write_all(ours.get(), "never read");
  theirs.reset();  // with bytes unread: our next read says ECONNRESET
  std::string line;
  CHECK(LineReader(ours.get()).next(line, {}, in_good_time()) == Status::end);
}

TEST_CASE("a failed read is an Error") {
  const Fd directory(::open("/", O_RDONLY | O_CLOEXEC));
  std::string line;
  CHECK_THROWS_AS(LineReader(directory.get()).next(line, {}, in_good_time()), Error);
}
