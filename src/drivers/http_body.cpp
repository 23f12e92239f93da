#include "drivers/http_body.hpp"

#include <algorithm>

namespace belay::http {

namespace {

constexpr int most_digits = 15;  // a size that fits, with room to spare
constexpr std::size_t most_framing = 64u << 10;

/// -1 if it is none.
int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
}

}  // namespace

std::string_view Body::next(std::string_view& bytes) {
  while (!bytes.empty() && state_ != State::done && state_ != State::bad) {
    if (state_ == State::contents || state_ == State::chunk || state_ == State::until_end) {
      const bool is_bounded = state_ != State::until_end;
      const auto piece =
          bytes.substr(0, is_bounded ? static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()))
                                     : bytes.size());
      bytes.remove_prefix(piece.size());
      if (!is_bounded) return piece;
      left_ -= piece.size();
      if (left_ == 0) state_ = state_ == State::chunk ? State::chunk_cr : State::done;
      return piece;
    }
    take(bytes.front());
    bytes.remove_prefix(1);
  }
  return {};
}

void Body::take(char c) {
  switch (state_) {
    case State::size_begin:
    case State::size:
      return take_digit(c);
    case State::extension:
      return take_framing(c, State::size_end);
    case State::size_end:
      return want(c, '\n', left_ > 0 ? State::chunk : State::line_begin);
    case State::chunk_cr:
      return want(c, '\r', State::chunk_lf);
    case State::chunk_lf:
      return want(c, '\n', State::size_begin);
    case State::line_begin:
      if (c == '\r') {
        state_ = State::last_lf;
        return;
      }
      state_ = State::trailer;
      return take_framing(c, State::trailer_end);
    case State::trailer:
      return take_framing(c, State::trailer_end);
    case State::trailer_end:
      return want(c, '\n', State::line_begin);
    case State::last_lf:
      return want(c, '\n', State::done);
    case State::contents:
    case State::until_end:
    case State::chunk:
    case State::done:
    case State::bad:
      return;
  }
}

void Body::take_digit(char c) {
  const int digit = digit_of(c);
  if (digit < 0 && state_ == State::size) return take_after_size(c);
  if (digit < 0) return fail("a chunk has no size");
  if (state_ == State::size_begin) {
    left_ = 0;
    digits_ = 0;
  }
  if (++digits_ > most_digits) return fail("a chunk's size is too long");
  left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
  state_ = State::size;
}

void Body::take_after_size(char c) {
  if (c == '\r') {
    state_ = State::size_end;
  } else if (c == ';' || c == ' ' || c == '\t') {
    state_ = State::extension;
  } else {
    fail("a chunk's size is no number");
  }
}

/// One byte of an extension or of a trailer's line.
void Body::take_framing(char c, State on_cr) {
  if (c == '\r') {
    state_ = on_cr;
  } else if (is_control(c)) {
    fail("a control character stands between the chunks");
  } else if (++framing_ > most_framing) {
    fail("what stands between the chunks is too long");
  }
}

void Body::want(char c, char wanted, State then) {
  if (c != wanted) return fail("a line between the chunks does not end as it should");
  state_ = then;
}

void Body::fail(std::string problem) {
  state_ = State::bad;
  problem_ = std::move(problem);
}

}  // namespace belay::http
