#include "drivers/docker_logs.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "base/line_splitter.hpp"
#include "drivers/docker_call.hpp"

namespace belay::docker {
namespace {

constexpr std::size_t header_size = 8;

}  // namespace

void LogLines::feed(std::string_view bytes) {
  if (!framed_) return take(0, bytes);
  while (!bytes.empty()) {
    if (left_in_frame_ == 0) {
      const std::size_t wanted = std::min(header_size - header_.size(), bytes.size());
      header_.append(bytes.substr(0, wanted));
      bytes.remove_prefix(wanted);
      if (header_.size() < header_size) return;
      stream_ = header_[0] == 2 ? 1 : 0;
      for (std::size_t i = 4; i < header_size; ++i)
        left_in_frame_ = left_in_frame_ << 8 | static_cast<unsigned char>(header_[i]);
      header_.clear();
    }
    const std::size_t here = std::min(left_in_frame_, bytes.size());
    take(stream_, bytes.substr(0, here));
    bytes.remove_prefix(here);
    left_in_frame_ -= here;
  }
}

void LogLines::take(std::size_t stream, std::string_view text) {
  std::string& partial = partial_[stream];
  while (!text.empty()) {
    const auto newline = text.find('\n');
    partial.append(text.substr(0, newline));
    if (newline == std::string_view::npos && partial.size() < longest_line_piece) return;
    if (partial.ends_with('\r')) partial.pop_back();
    sink_(std::exchange(partial, {}));
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  }
}

void LogLines::finish() {
  for (std::string& partial : partial_)
    if (!partial.empty()) sink_(std::exchange(partial, {}));
}

std::vector<std::string> Engine::last_log_lines(const std::string& id, int tail) const {
  const std::string what_failed = "reading the log of container " + id.substr(0, 40) + " failed";
  const std::optional<Inspection> found = inspect(id);
  if (!found) throw Error(what_failed, "no such container");
  std::vector<std::string> lines;
  LogLines splitter(!flag_at(object_at(found->raw, "Config"), "Tty"),
                    [&](const std::string& line) { lines.push_back(line); });
  Call call = request("GET", fmt::format("/containers/{}/logs?stdout=1&stderr=1&tail={}", encoded(id), tail));
  call.on_bytes = [&](std::string_view bytes) { return splitter.feed(bytes), true; };
  if (stream(call, what_failed) == StreamEnd::deadline)
    throw Error(what_failed, "the Docker Engine did not answer in time");
  splitter.finish();
  return lines;
}

void Engine::attach(const std::string& id, const std::function<void()>& on_attached, const LineSink& sink,
                    std::stop_token stop, Deadline deadline) const {
  const std::string what_failed = "attaching to container " + id.substr(0, 40) + " failed";
  const std::optional<Inspection> found = inspect(id);
  if (!found) throw Error(what_failed, "no such container");
  LogLines splitter(!flag_at(object_at(found->raw, "Config"), "Tty"), sink);
  Call call = request("POST", fmt::format("/containers/{}/attach?stream=1&stdout=1&stderr=1", encoded(id)));
  call.stop = std::move(stop);
  call.deadline = deadline;
  call.on_head = on_attached;
  call.on_bytes = [&](std::string_view bytes) { return splitter.feed(bytes), true; };
  stream(call, what_failed);
  splitter.finish();
}

void Engine::follow_log(const std::string& id, const LineSink& sink, std::stop_token stop,
                        Deadline deadline) const {
  const std::string what_failed = "following the log of container " + id.substr(0, 40) + " failed";
  const std::optional<Inspection> found = inspect(id);
  if (!found) throw Error(what_failed, "no such container");
  LogLines splitter(!flag_at(object_at(found->raw, "Config"), "Tty"), sink);
  Call call = request("GET", fmt::format("/containers/{}/logs?stdout=1&stderr=1&follow=1", encoded(id)));
  call.stop = std::move(stop);
  call.deadline = deadline;
  call.on_bytes = [&](std::string_view bytes) { return splitter.feed(bytes), true; };
  stream(call, what_failed);
  splitter.finish();
}

}  // namespace belay::docker
