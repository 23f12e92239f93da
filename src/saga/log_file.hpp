#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

namespace belay {

/// A file that grows at its end: the port below the journal. The body is system/log_file.cpp; a simulation
/// brings a disk that fills up, and that loses what was not synced. The functions that return an int return
/// an errno, 0 if all went well.
class LogFile {
 public:
  /// A new file of mode 0600; its directory is synced too. Throws Error if it exists.
  static LogFile create(const std::filesystem::path&);
  /// An existing one. Throws Error if it cannot be opened.
  static LogFile open(const std::filesystem::path&);
  LogFile(LogFile&&) noexcept;
  ~LogFile();

  /// A failed append may leave a part of `bytes` behind.
  int append(std::string_view bytes);
  /// What was appended is on the disk when this returns 0.
  int sync();
  /// Makes the file `length` bytes long, which also gives back the room that was reserved behind its end.
  int cut(std::uint64_t length);
  /// Sets aside room on the disk, without a change of the file's length. False where the file system cannot
  /// (ZFS, NFS), or has no room.
  bool reserve(std::uint64_t from, std::uint64_t bytes);

 private:
  struct Body;
  explicit LogFile(std::unique_ptr<Body>);
  std::unique_ptr<Body> body_;
};

}  // namespace belay
