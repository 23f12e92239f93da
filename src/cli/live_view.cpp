#include "cli/live_view.hpp"

#include <fmt/core.h>

#include "cli/board_frame.hpp"
#include "cli/text_width.hpp"

namespace belay::cli {
namespace {

constexpr std::chrono::milliseconds between_pictures{70};

// One column is kept free: some terminals wrap a line that fills the last one.
Size room_on(const Output& out) {
  const Size size = size_of(out.fd());
  return {std::max(size.columns - 1, 1), std::max(size.rows - 1, 1)};
}

}  // namespace

LiveView::LiveView(Output& out, Style style, std::string asked_for)
    : out_(out), style_(style), board_(std::move(asked_for)) {
  drawing_ = std::jthread([this](const std::stop_token& end) {
    std::condition_variable_any ended;
    std::mutex waiting;
    for (std::size_t turn = 0; !end.stop_requested(); ++turn) {
      const Size size = room_on(out_);
      std::vector<std::string> lines;
      {
        const std::lock_guard lock(mutex_);
        lines = frame(board_, now(), size, style_, turn);
      }
      draw(lines, size.columns);
      std::unique_lock lock(waiting);
      ended.wait_for(lock, end, between_pictures, [] { return false; });
    }
  });
}

LiveView::~LiveView() {
  drawing_.request_stop();
  drawing_.join();
  board_.end(now());
  const int columns = room_on(out_).columns;
  draw(last_frame(board_, now(), columns, style_), columns);
}

void LiveView::draw(const std::vector<std::string>& lines, int columns) {
  // The picture before may have been wrapped by a terminal made narrower since: its height is counted anew.
  int height = 0;
  for (const int width : drawn_) height += std::max(1, (width + columns) / (columns + 1));
  std::string bytes = "\r";
  if (height > 0) bytes += fmt::format("\x1b[{}A", height);
  drawn_.clear();
  for (const std::string& line : lines) {
    bytes += line + "\x1b[K\n";
    drawn_.push_back(display_width(line));
  }
  bytes += "\x1b[J";
  out_.write(bytes);
}

template <class Change>
void LiveView::change(Change&& change) {
  const std::lock_guard lock(mutex_);
  change(board_);
}

void LiveView::gate_began(const Commit& commit, int commands) {
  change([&](Board& board) { board.gate_began(commit, commands, now()); });
}
void LiveView::gate_skipped() {
  change([&](Board& board) { board.gate_skipped(now()); });
}
void LiveView::test_began(int number, const std::string& command) {
  change([&](Board& board) { board.test_began(number, command, now()); });
}
void LiveView::test_said(int number, const std::string& line) {
  change([&](Board& board) { board.test_said(number, line); });
}
void LiveView::test_ended(int number, const std::string&, bool ok, std::chrono::milliseconds took,
                          const std::string& log_file) {
  change([&](Board& board) { board.test_ended(number, ok, took, log_file, now()); });
}
void LiveView::gate_ended(const GateResult& result) {
  change([&](Board& board) { board.gate_ended(result); });
}
void LiveView::local_build_began(int commands) {
  change([&](Board& board) { board.local_build_began(commands, now()); });
}
void LiveView::local_build_said(const std::string& line) {
  change([&](Board& board) { board.local_build_said(line); });
}
void LiveView::local_build_ended(const BuiltHere& built, std::chrono::milliseconds took) {
  change([&](Board& board) { board.local_build_ended(built, took); });
}
void LiveView::connecting(const std::string& host) {
  change([&](Board& board) { board.connecting(host, now()); });
}
void LiveView::connected(const wire::Hello& hello) {
  change([&](Board& board) { board.connected(hello, now()); });
}
void LiveView::shipping_binary(std::uint64_t bytes) {
  change([&](Board& board) { board.shipping_binary(bytes); });
}
void LiveView::reconnecting(int attempt, const std::string& why) {
  change([&](Board& board) { board.reconnecting(attempt, why); });
}
void LiveView::held(const wire::Held& held) {
  if (!held.waiting) return;  // the error says it
  change([&](Board& board) { board.held(held, now()); });
}
void LiveView::record(const Record& record) {
  change([&](Board& board) { board.record(record, now()); });
}
void LiveView::transferring(StepName step, std::uint64_t bytes, int percent) {
  change([&](Board& board) { board.transferring(step, bytes, percent); });
}
void LiveView::hook_said(StepName step, const std::string& line) {
  change([&](Board& board) { board.hook_said(step, line); });
}
void LiveView::build_said(const std::string& line) {
  change([&](Board& board) { board.build_said(line); });
}
void LiveView::asked_from_here(int attempt, int attempts, const std::string& finding) {
  change([&](Board& board) { board.asked_from_here(attempt, attempts, finding); });
}
void LiveView::notice(const std::string& text) {
  change([&](Board& board) { board.notice(text); });
}

}  // namespace belay::cli
