#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace belay::docker {

/// Turns a container's log stream into lines. Without a terminal it comes in frames, an 8-byte header
/// (stream, length) before each piece, and a line may be spread over several; with one it comes raw.
class LogLines {
 public:
  using LineSink = std::function<void(const std::string&)>;
  LogLines(bool framed, LineSink sink) : framed_(framed), sink_(std::move(sink)) {}

  void feed(std::string_view bytes);
  /// The stream has ended: a last line without a newline counts.
  void finish();

 private:
  void take(std::size_t stream, std::string_view text);

  bool framed_;
  LineSink sink_;
  std::string header_;  // of the next frame, until its 8 bytes are there
  std::size_t left_in_frame_ = 0;
  std::size_t stream_ = 0;  // 0: stdout (or raw), 1: stderr
  std::string partial_[2];
};

}  // namespace belay::docker
