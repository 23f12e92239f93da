#include "control/line.hpp"

#include <chrono>
#include <csignal>

#include "base/error.hpp"
#include "model/visible_text.hpp"

namespace belay {

namespace {

constexpr std::chrono::seconds ping_every{5}, silence_is_death{15};
constexpr std::size_t words_kept = 8192;
/// Of messages that nobody has taken yet: a host that floods is given up.
constexpr std::size_t inbox_limit = 256u << 20;

}  // namespace

Line::Line(const Command& command)
    : child_(command),
      reader_(child_.out().get()),
      stderr_listener_([this](std::stop_token stop) { listen_to_stderr(stop); }) {}

Line::~Line() {
  // End of file is the far side's sign to leave, and so is the end of its connection: a far side that is far
  // away is not waited for, once what was said to it is on the way.
  listener_.request_stop();
  if (listener_.joinable()) listener_.join();
  child_.in().reset();
  if (!child_.wait({}, Deadline::in(std::chrono::milliseconds(20)))) child_.kill(SIGTERM);
  if (!child_.wait({}, Deadline::in(std::chrono::seconds(2)))) child_.kill_and_reap();
  stderr_listener_.request_stop();
  if (stderr_listener_.joinable()) stderr_listener_.join();
}

bool Line::write_raw(std::string_view bytes) {
  // Caught because this is a connection's end, not a failure of ours: what was wrong, the reading side tells.
  try {
    write_all(child_.in().get(), bytes);
    return true;
  } catch (const Error&) {
    return false;
  }
}

void Line::begin() {
  listener_ = std::jthread([this](std::stop_token stop) { listen(stop); });
}

void Line::send(const wire::ToHost& message) {
  const std::string text = wire::encode(message) + "\n";
  const std::lock_guard lock(writing_);
  if (!write_raw(text)) die("the connection was closed");
}

Received Line::receive(std::stop_token stop, Deadline deadline) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return !inbox_.empty() || !why_dead_.empty(); };
  arrived_.wait_for(lock, stop, deadline.left(), ready);
  if (!inbox_.empty()) {
    Received received{.end = Received::End::message, .message = std::move(inbox_.front().message)};
    inbox_bytes_ -= inbox_.front().bytes;
    inbox_.pop_front();
    return received;
  }
  if (!why_dead_.empty()) return {.end = Received::End::dead};
  return {.end = stop.stop_requested() ? Received::End::stopped : Received::End::deadline};
}

std::string Line::why_dead() const {
  const std::lock_guard lock(mutex_);
  return why_dead_;
}

Line::LastWords Line::last_words() {
  LastWords last;
  {
    const std::lock_guard lock(writing_);
    child_.in().reset();
  }
  last.outcome = child_.wait({}, Deadline::in(std::chrono::seconds(2)));
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, std::chrono::milliseconds(500), [this] { return words_ended_; });
  last.text = visible_text(words_);
  return last;
}

void Line::listen(std::stop_token stop) {
  // Caught because this is a connection's loop: a malformed message ends the line, with its reason.
  try {
    Deadline silence = Deadline::in(silence_is_death);
    Deadline ping = Deadline::in(ping_every);
    std::string text;
    while (!silence.expired()) {
      switch (reader_.next(text, stop, silence.or_in(ping.left()))) {
        case LineReader::Status::line:
          silence = Deadline::in(silence_is_death);
          take(text);
          break;
        case LineReader::Status::end:
          return die("the connection was closed");
        case LineReader::Status::stopped:
          return;
        case LineReader::Status::deadline:
          break;
      }
      if (!ping.expired()) continue;
      ping = Deadline::in(ping_every);
      send(wire::Ping{});
    }
    die("15 s without a sign of life");
  } catch (const Error& error) {
    die(error.message());
  }
}

void Line::take(const std::string& text) {
  wire::ToController message = wire::decode_to_controller(text);
  if (std::holds_alternative<wire::Pong>(message)) return;
  const std::lock_guard lock(mutex_);
  inbox_bytes_ += text.size();
  if (inbox_bytes_ > inbox_limit) throw Error("the host sends faster than its messages can be read");
  inbox_.push_back({std::move(message), text.size()});
  arrived_.notify_all();
}

void Line::die(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (why_dead_.empty()) why_dead_ = why;
  arrived_.notify_all();
}

void Line::listen_to_stderr(std::stop_token stop) {
  LineReader lines(child_.err().get(), 1u << 20);
  std::string line;
  // Caught because this is a connection's loop: an endless line of noise must not end the program.
  try {
    while (lines.next(line, stop, Deadline::never()) == LineReader::Status::line) {
      if (line.ends_with('\r')) line.pop_back();  // ssh ends its lines so, to suit a raw terminal
      const std::lock_guard lock(mutex_);
      words_ += (words_.empty() ? "" : "\n") + line;
      if (words_.size() > words_kept) words_.erase(0, words_.size() - words_kept);
    }
  } catch (const Error& error) {
    const std::lock_guard lock(mutex_);
    words_ += "\n" + error.message();
  }
  const std::lock_guard lock(mutex_);
  words_ended_ = true;
  arrived_.notify_all();
}

}  // namespace belay
