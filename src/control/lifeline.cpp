#include "control/lifeline.hpp"

#include <cerrno>

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
  // Its name goes while it is held open for writing: whoever was about to open it is woken, nobody can open
  // it after. What belay had started when it was killed (git, tar) may write into the directory for a moment
  // yet, and tests leave directories that may not be written: rm tries again.
  const std::string script =
      "trap '' INT TERM HUP; read -r end <\"$1\"; exec 3<>\"$1\"; rm -f \"$1\"; exec 3>&-; "
      "i=0; while rm -rf \"$2\"; [ -e \"$2\" ] && [ $((i += 1)) -lt 100 ]; do chmod -R u+rwX \"$2\"; sleep "
      "0.1; "
      "done";
  return Child(Command{.argv = {"sh", "-c", script, "belay-janitor", pipe.string(), directory.string()}},
               Child::Pipes{.in = false, .out = false, .err = false});
}

}  // namespace

Lifeline::Lifeline(std::string_view name)
    : directory_(name), held_(open_life(pipe())), janitor_(start_janitor(pipe(), directory())) {}

Lifeline::Lifeline(const fs::path& parent, std::string_view name)
    : directory_(parent, name), held_(open_life(pipe())), janitor_(start_janitor(pipe(), directory())) {}

Lifeline::~Lifeline() {
  // First the name, then the pipe: those who have it open see its end, and nobody waits for a writer that
  // never comes.
  std::error_code gone_already;
  fs::remove(pipe(), gone_already);
  held_.reset();
}

Command Lifeline::tied(const std::string& script) const {
  // The pipe is opened before the command runs, so no end of belay is missed. The watcher stays in the
  // command's process group: `kill 0` reaches all of it, and the group's number cannot be used anew while it
  // waits. The command itself takes the place of this sh: its end is the command's end.
  const std::string wrapper =
      "exec 3<\"$1\"; (trap '' INT HUP; read -r end <&3; kill -KILL 0) >/dev/null 2>&1 & exec sh -c \"$2\" "
      "3<&-";
  return Command{.argv = {"sh", "-c", wrapper, "belay-tied", pipe().string(), script}};
}

}  // namespace belay
