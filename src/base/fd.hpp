#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace belay {

/// What one read(2) asks for: all that a pipe holds.
inline constexpr std::size_t read_size = 1u << 16;

/// Owns a file descriptor; closes it. Every descriptor of this program is close-on-exec.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.number_, -1));
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  void reset(int number = -1);
  int release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

struct Pipe {
  Fd read, write;
};

Pipe make_pipe();
/// Writes all of it, waiting where the descriptor is non-blocking. Throws Error; SIGPIPE must be ignored
/// (main does).
void write_all(int fd, std::string_view bytes);
/// The same for callers that have more to say about a failure: returns 0 or the errno.
int try_write_all(int fd, std::string_view bytes);

}  // namespace belay
