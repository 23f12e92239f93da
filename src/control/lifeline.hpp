#pragma once

#include <filesystem>
#include <string>

#include "base/fd.hpp"
#include "base/files.hpp"
#include "base/process.hpp"

namespace belay {

/// What must not outlive this process, not even when it is killed with SIGKILL: a private directory, and the
/// programs that were started tied to it. It works through a named pipe in that directory whose writing end
/// only this process holds: whoever reads from it sees end of file at the moment this process ends, however
/// it ends. A small `sh` waits for that and removes the directory.
class Lifeline {
 public:
  /// `name` begins the directory's name. The directory is short, for unix sockets, or under `parent`, where
  /// there is room for trees of files.
  explicit Lifeline(std::string_view name);
  Lifeline(const fs::path& parent, std::string_view name);
  ~Lifeline();
  Lifeline(const Lifeline&) = delete;
  Lifeline& operator=(const Lifeline&) = delete;

  /// 0700, gone with this object or this process.
  const fs::path& directory() const { return directory_.path(); }
  /// To be opened for reading by programs that end with this process: end of file says so.
  fs::path pipe() const { return directory_.path() / "life"; }

  /// A command for run(): `script` through sh, whose whole process group dies by SIGKILL with this object or
  /// process, grandchildren that it left behind too.
  Command tied(const std::string& script) const;

 private:
  TemporaryDirectory directory_;
  Fd held_;
  Child janitor_;
};

}  // namespace belay
