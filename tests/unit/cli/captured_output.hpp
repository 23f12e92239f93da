#pragma once

#include <string>

#include "base/fd.hpp"
#include "cli/terminal.hpp"

namespace belay {

/// An Output whose bytes can be read afterwards: a file without a name.
class CapturedOutput {
 public:
  CapturedOutput();
  cli::Output& output() { return output_; }
  std::string text() const;

 private:
  Fd file_;
  cli::Output output_;
};

}  // namespace belay
