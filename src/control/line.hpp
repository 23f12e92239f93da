#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/line_reader.hpp"
#include "base/process.hpp"
#include "model/wire.hpp"

namespace belay {

/// What came of waiting for the next message.
struct Received {
  enum class End { message, dead, deadline, stopped };
  End end = End::dead;
  std::optional<wire::ToController> message{};
};

/// The line to `belay host session`: a child (ssh, or the program itself for `local`) whose stdin and stdout
/// carry wire.hpp's messages. First it is talked to raw, while the far side is being set up; after begin() a
/// thread of its own reads, pings every 5 s and takes 15 s of silence for death, so the line lives while
/// nobody waits for messages.
class Line {
 public:
  explicit Line(const Command&);
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  // ---- before begin()
  LineReader::Status read_raw(std::string& line, std::stop_token stop, Deadline deadline) {
    return reader_.next(line, stop, deadline);
  }
  /// False if the far side no longer reads.
  bool write_raw(std::string_view bytes);
  void begin();

  // ---- after begin()
  /// A dead line is noticed by receive(), never here. Any thread may send.
  void send(const wire::ToHost&);
  /// The next message, without pongs. `dead` comes only after everything that had arrived was received.
  Received receive(std::stop_token, Deadline);
  /// Why it is dead; empty while it lives.
  std::string why_dead() const;

  // ---- at any time
  /// For a line that is given up: closes it, waits a moment for the child's end, and says what it wrote on
  /// stderr last.
  struct LastWords {
    std::optional<Outcome> outcome;
    std::string text;
  };
  LastWords last_words();

 private:
  void listen(std::stop_token);
  void listen_to_stderr(std::stop_token);
  void take(const std::string& text);
  void die(const std::string& why);

  Child child_;
  LineReader reader_;
  std::mutex writing_;

  mutable std::mutex mutex_;
  std::condition_variable_any arrived_;
  struct Arrived {
    wire::ToController message;
    std::size_t bytes;
  };
  std::deque<Arrived> inbox_;
  std::size_t inbox_bytes_ = 0;  // of all in it
  std::string why_dead_, words_;
  bool words_ended_ = false;

  std::jthread stderr_listener_, listener_;
};

}  // namespace belay
