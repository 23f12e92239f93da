#pragma once

#include <cstddef>
#include <stop_token>
#include <string>

#include "base/deadline.hpp"

namespace belay {

/// Reads newline-terminated messages from a descriptor it does not own. Lines over `limit` bytes are an
/// Error: what comes over a wire is bounded. So is a failed read, save for a reset connection, which is an
/// end.
class LineReader {
 public:
  enum class Status { line, end, deadline, stopped };

  explicit LineReader(int fd, std::size_t limit = 16u << 20) : fd_(fd), limit_(limit) {}
  /// On Status::line, `line` holds it without the newline. A line that has been read already comes before
  /// stop and deadline. A last line without newline before the end is dropped: a torn message is no message.
  Status next(std::string& line, std::stop_token, Deadline);

 private:
  bool take_line(std::string& line);
  bool read_more();  // false at the end

  int fd_;
  std::size_t limit_;
  std::string buffer_;
  std::size_t begin_ = 0;     // of the next line in buffer_
  std::size_t searched_ = 0;  // no newline from begin_ up to here
};

}  // namespace belay
