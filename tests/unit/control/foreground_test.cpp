#include "control/foreground.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "../drivers/scratch.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/files.hpp"

using namespace belay;
using namespace belay::testing;

TEST_CASE("a foreground program's exit code is told, or 128 and the signal that ended it") {
  CHECK(run_in_foreground({"sh", "-c", "exit 0"}, {}) == 0);
  CHECK(run_in_foreground({"sh", "-c", "exit 7"}, {}) == 7);
  CHECK(run_in_foreground({"sh", "-c", "kill -KILL $$"}, {}) == 128 + 9);
}

TEST_CASE("a foreground program has this process's own stdin and stdout, and its process group") {
  const Scratch scratch;
  const std::string file = (scratch / "groups").string();
  CHECK(run_in_foreground({"sh", "-c", "ps -o pgid= -p $$ > \"$0\"; ps -o pgid= -p $PPID >> \"$0\"", file},
                          {}) == 0);
  const std::string groups = read_file(file);
  const std::size_t end = groups.find('\n');
  CHECK(groups.substr(0, end) == groups.substr(end + 1, end));
}

TEST_CASE("a foreground program that is missing is an error with its name") {
  try {
    run_in_foreground({"no-such-program-of-belay"}, {});
    FAIL("it was started");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("no-such-program-of-belay") != std::string::npos);
  }
}

TEST_CASE("a stop ends a foreground program, first gently, then for good") {
  std::stop_source source;
  source.request_stop();
  CHECK(run_in_foreground({"sleep", "1000"}, source.get_token()) == 128 + 15);
  CHECK(run_in_foreground({"sh", "-c", "trap '' TERM; while :; do :; done"}, source.get_token()) == 128 + 9);
}

namespace {

/// Takes the place of this program's stdout or stderr while it lives.
class Redirected {
 public:
  Redirected(int place, const fs::path& file)
      : place_(place),
        kept_(::dup(place)),
        file_(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    REQUIRE(::dup2(file_.get(), place_) == place_);
  }
  ~Redirected() { ::dup2(kept_.get(), place_); }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

 private:
  int place_;
  Fd kept_, file_;
};

}  // namespace

TEST_CASE("what a foreground program prints is masked, also where it prints it in parts") {
  const Scratch scratch;
  const Masks masks(Values{{"X", "the-secret"}});
  {
    std::fflush(stdout);
    const Redirected out(STDOUT_FILENO, scratch / "out"), err(STDERR_FILENO, scratch / "err");
    CHECK(
        run_in_foreground({"sh", "-c",
                           "printf 'the-'; sleep 0.05; printf 'secret, the-second\\n'; echo the-secret >&2; "
                           "printf the-; exit 3"},
                          {}, masks) == 3);
  }
  CHECK(read_file(scratch / "out") == "***, the-second\nthe-");
  CHECK(read_file(scratch / "err") == "***\n");
}

TEST_CASE("a foreground program whose output nobody reads any more ends, also where it is masked") {
  Pipe pipe = make_pipe();
  const Fd kept(::dup(STDOUT_FILENO));
  std::fflush(stdout);
  REQUIRE(::dup2(pipe.write.get(), STDOUT_FILENO) == STDOUT_FILENO);
  pipe.read.reset();
  const int code = run_in_foreground({"yes"}, {}, Masks(Values{{"X", "the-secret"}}));
  ::dup2(kept.get(), STDOUT_FILENO);
  CHECK(code == 128 + SIGPIPE);
}

TEST_CASE("a stop ends a foreground program whose output is masked") {
  std::stop_source source;
  source.request_stop();
  CHECK(run_in_foreground({"sleep", "1000"}, source.get_token(), Masks(Values{{"X", "the-secret"}})) ==
        128 + 15);
}
