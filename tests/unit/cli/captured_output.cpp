#include "captured_output.hpp"

#include <array>

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace belay {

CapturedOutput::CapturedOutput() : file_(memfd_create("output", MFD_CLOEXEC)), output_(file_.get()) {
  REQUIRE(file_);
}

std::string CapturedOutput::text() const {
  std::string text;
  std::array<char, 4096> piece{};
  for (off_t at = 0;;) {
    const ssize_t got = pread(file_.get(), piece.data(), piece.size(), at);
    REQUIRE(got >= 0);
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    at += got;
  }
}

}  // namespace belay
