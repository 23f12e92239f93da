#include "base/line_splitter.hpp"

#include <algorithm>

namespace belay {

void LineSplitter::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t plain = std::min(bytes.find_first_of("\r\n"), bytes.size());
    if (plain > 0) {
      const std::size_t taken = std::min(plain, longest_line_piece - line_.size());
      line_.append(bytes.substr(0, taken));
      bytes.remove_prefix(taken);
      after_return_ = false;
      if (line_.size() == longest_line_piece) hand_on();
      continue;
    }
    // A return with nothing before it only moves the cursor.
    const bool at_return = bytes.front() == '\r';
    const bool ends_line = at_return ? !line_.empty() : !after_return_;
    after_return_ = at_return && (ends_line || after_return_);
    if (ends_line) hand_on();
    bytes.remove_prefix(1);
  }
}

void LineSplitter::finish() {
  if (!line_.empty()) hand_on();
  after_return_ = false;
}

void LineSplitter::hand_on() {
  to_(line_);
  line_.clear();
}

}  // namespace belay
