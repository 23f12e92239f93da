#pragma once

#include <sys/stat.h>

namespace belay::testing {

/// The process has this umask for as long as the object lives.
class WithUmask {
 public:
  explicit WithUmask(mode_t mask) : before_(::umask(mask)) {}
  ~WithUmask() { ::umask(before_); }
  WithUmask(const WithUmask&) = delete;
  WithUmask& operator=(const WithUmask&) = delete;

 private:
  mode_t before_;
};

}  // namespace belay::testing
