#include "base/forked.hpp"

#include <cerrno>
#include <exception>

#include <sys/wait.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace belay {

namespace {

[[noreturn]] void be_the_child(const std::function<void()>& work, int told) {
  int code = 1;
  try {
    work();
    code = 0;
  } catch (const Error& error) {
    // If nobody reads it, the exit code tells enough.
    static_cast<void>(try_write_all(told, error.message_and_why()));
  } catch (const std::exception& error) {
    static_cast<void>(try_write_all(told, error.what()));
  }
  ::_exit(code);
}

std::string all_of(const Fd& from) {
  std::string text;
  char part[512];
  while (true) {
    const ssize_t got = ::read(from.get(), part, sizeof part);
    if (got > 0)
      text.append(part, static_cast<std::size_t>(got));
    else if (got == 0 || errno != EINTR)
      return text;
  }
}

}  // namespace

ForkedEnd run_forked(const std::function<void()>& work, const std::function<void()>& in_parent) {
  auto told = make_pipe();
  const pid_t child = ::fork();
  if (child < 0) throw system_error("cannot fork", errno);
  if (child == 0) be_the_child(work, told.write.get());
  told.write.reset();
  if (in_parent) in_parent();
  ForkedEnd end{.why = all_of(told.read)};
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw system_error("cannot wait for a child", errno);
  end.well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!end.well && end.why.empty()) end.why = "it was killed";
  return end;
}

}  // namespace belay
