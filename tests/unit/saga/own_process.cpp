#include "own_process.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace belay::testing {

std::string in_own_process(const std::function<std::string()>& body) {
  auto pipe = make_pipe();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::string wrong;
    try {
      wrong = body();
    } catch (const Error& error) {
      wrong = error.message_and_why();
    } catch (const std::exception& error) {
      wrong = error.what();
    }
    write_all(pipe.write.get(), wrong);
    ::_exit(0);
  }
  pipe.write.reset();
  std::string wrong;
  char part[512];
  for (ssize_t got = 0; (got = ::read(pipe.read.get(), part, sizeof part)) > 0;)
    wrong.append(part, static_cast<std::size_t>(got));
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return "the child died: " + wrong;
  return wrong;
}

}  // namespace belay::testing
