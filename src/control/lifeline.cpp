#include "control/lifeline.hpp"

#include <cerrno>
#include <chrono>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.hpp"

namespace belay {

namespace {

Fd open_life(const fs::path& pipe) {
  if (::mkfifo(pipe.c_str(), 0600) != 0) throw system_error("cannot make the pipe " + pipe.string(), errno);
  // Read and write: opening does not wait for a reader, and no reader ever waits for us.
  Fd held(::open(pipe.c_str(), O_RDWR | O_CLOEXEC));
  if (!held) throw system_error("cannot open the pipe " + pipe.string(), errno);
  return held;
}

Child start_janitor(const fs::path& pipe, const fs::path& directory) {
  // Opening it once more for writing wakes those who were about to open it for reading when the writer died.
  const std::string script =
      "trap '' INT TERM HUP; read -r end <\"$1\"; exec 3<>\"$1\"; exec 3>&-; rm -rf \"$2\"";
  return Child(Command{.argv = {"sh", "-c", script, "belay-janitor", pipe.string(), directory.string()}},
               Child::Pipes{.in = false, .out = false, .err = false});
}

}  // namespace

Lifeline::Lifeline(std::string_view name)
    : directory_(name), held_(open_life(pipe())), janitor_(start_janitor(pipe(), directory())) {}

Lifeline::~Lifeline() {
  held_.reset();
  janitor_.wait({}, Deadline::in(std::chrono::seconds(2)));
}

Command Lifeline::tied(const std::string& script) const {
  // The watcher stays in the command's process group, so `kill 0` reaches all of it and the group's number
  // cannot be used anew while it waits. The command itself takes the place of this sh: its end is the
  // command's end.
  const std::string wrapper =
      "(trap '' INT TERM HUP; read -r end <\"$1\"; kill -KILL 0) >/dev/null 2>&1 & exec sh -c \"$2\"";
  return Command{.argv = {"sh", "-c", wrapper, "belay-tied", pipe().string(), script}};
}

}  // namespace belay
