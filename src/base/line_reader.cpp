#include "base/line_reader.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/human.hpp"
#include "base/poll.hpp"
#include "base/stop_wake.hpp"

namespace belay {

LineReader::Status LineReader::next(std::string& line, std::stop_token stop, Deadline deadline) {
  if (take_line(line)) return Status::line;
  const StopWake wake(std::move(stop));
  for (;;) {
    std::array<pollfd, 2> ready{{{fd_, POLLIN, 0}, {wake.fd(), POLLIN, 0}}};
    if (!poll_until(ready, deadline)) return Status::deadline;
    if (ready[1].revents != 0) return Status::stopped;
    if (!read_more()) return Status::end;
    if (take_line(line)) return Status::line;
    // Bytes that trickle in without ever making a line keep poll() from seeing the deadline.
    if (deadline.expired()) return Status::deadline;
  }
}

bool LineReader::take_line(std::string& line) {
  const std::size_t newline = buffer_.find('\n', searched_);
  searched_ = newline == std::string::npos ? buffer_.size() : newline + 1;
  const std::size_t length = (newline == std::string::npos ? buffer_.size() : newline) - begin_;
  if (length > limit_) {
    throw Error("a message is too long", fmt::format("more than {} without a newline", human_bytes(limit_)));
  }
  if (newline == std::string::npos) return false;
  line.assign(buffer_, begin_, length);
  begin_ = newline + 1;
  return true;
}

bool LineReader::read_more() {
  buffer_.erase(0, begin_);
  searched_ -= std::exchange(begin_, 0);
  std::array<char, read_size> chunk;
  const ssize_t got = ::read(fd_, chunk.data(), chunk.size());
  if (got > 0) buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  if (got >= 0) return got > 0;
  if (errno == EINTR || errno == EAGAIN) return true;
  if (errno == ECONNRESET) return false;  // the peer died with bytes of ours unread
  throw system_error("cannot read a message", errno);
}

}  // namespace belay
