#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace belay::http {

/// The body of one answer, out of the bytes that follow its head. It holds none of them: what frames the body
/// (sizes, extensions and trailers of chunks) is read byte by byte, and has a length at most.
class Body {
 public:
  static Body none() { return Body(State::done); }
  static Body of_length(std::uint64_t bytes) {
    return Body(bytes == 0 ? State::done : State::contents, bytes);
  }
  static Body in_chunks() { return Body(State::size_begin); }
  static Body until_end() { return Body(State::until_end); }

  /// Takes bytes off the front of `bytes`, up to the next piece of contents, and returns that piece. Empty:
  /// the body is done or bad, or `bytes` has no more.
  std::string_view next(std::string_view& bytes);
  bool is_done() const { return state_ == State::done; }
  /// What does not fit; empty while all does.
  const std::string& problem() const { return problem_; }
  /// The connection has ended: whether that ends the body, too.
  bool ends_with_connection() const { return state_ == State::until_end || is_done(); }

 private:
  enum class State {
    contents,     // of a known length, without chunks
    until_end,    // of no known length
    size_begin,   // the first digit of a chunk's size
    size,         // a further one, or what ends it
    extension,    // what stands behind the size
    size_end,     // its LF
    chunk,        // contents of a chunk
    chunk_cr,     // the line end behind them
    chunk_lf,     //
    line_begin,   // of the trailer
    trailer,      // within a line of it
    trailer_end,  // its LF
    last_lf,      // the LF of the empty line that ends all
    done,
    bad,
  };
  explicit Body(State state, std::uint64_t left = 0) : state_(state), left_(left) {}
  void take(char);
  void take_digit(char);
  void take_after_size(char);
  void take_framing(char, State on_cr);
  void want(char, char wanted, State then);
  void fail(std::string);

  State state_;
  std::uint64_t left_;       // of the contents or of the chunk
  int digits_ = 0;           // of the chunk's size
  std::size_t framing_ = 0;  // bytes of all extensions and trailers
  std::string problem_{};
};

}  // namespace belay::http
