#pragma once

#include <string_view>
#include <utility>

#include <boost/json/value.hpp>

#include "cli/style.hpp"
#include "model/config.hpp"
#include "model/masks.hpp"

namespace belay::cli {

/// What one of our output streams is.
struct Surface {
  bool terminal = false;
  bool moves = false;  // the cursor can be moved: a live view is possible
  Style style;
};

/// Colours: never with --no-color or NO_COLOR, always with CLICOLOR_FORCE, else on a terminal that is not
/// "dumb". Unicode: if LC_ALL, LC_CTYPE or LANG (the first that is set) says UTF-8.
Surface surface_of(int fd, const VariableLookup&, bool no_color);

struct Size {
  int columns = 80, rows = 24;
};
/// Of the terminal behind `fd` now; 80 × 24 where there is none.
Size size_of(int fd);

/// Writes to a descriptor. A reader that goes away (`belay releases | head`, a closed CI log) must not stop a
/// deployment: the failure is remembered for main, not thrown.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}
  void write(std::string_view);
  void line(std::string_view);
  /// One line. Its texts are masked before they become JSON, which stays JSON whatever the values are.
  void json(const boost::json::value&);
  /// From now on nothing that is written here shows what these hide. The one door for what belay prints.
  void hide(Masks masks) { masks_ = std::move(masks); }
  int fd() const { return fd_; }
  /// errno of the first write that failed; 0: all is written.
  int failure() const { return failure_; }

 private:
  void write_as_it_is(std::string_view);

  int fd_;
  int failure_ = 0;
  Masks masks_;
};

}  // namespace belay::cli
