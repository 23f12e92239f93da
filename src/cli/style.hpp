#pragma once

#include <string>
#include <string_view>

namespace belay::cli {

/// How text is dressed on one output: with colours or without, with Unicode marks or their ASCII stand-ins.
/// The words are the same in all four; nothing is said by colour alone.
struct Style {
  bool colour = false;
  bool unicode = true;

  std::string bold(std::string_view text) const { return dressed("1", text); }
  std::string dim(std::string_view text) const { return dressed("2", text); }
  std::string red(std::string_view text) const { return dressed("31", text); }
  std::string bold_red(std::string_view text) const { return dressed("1;31", text); }
  std::string green(std::string_view text) const { return dressed("32", text); }
  std::string bold_green(std::string_view text) const { return dressed("1;32", text); }
  std::string yellow(std::string_view text) const { return dressed("33", text); }
  std::string bold_yellow(std::string_view text) const { return dressed("1;33", text); }
  std::string cyan(std::string_view text) const { return dressed("36", text); }

  std::string_view tick() const { return unicode ? "✓" : "+"; }
  std::string_view cross() const { return unicode ? "✗" : "x"; }
  std::string_view waiting() const { return unicode ? "·" : "."; }
  std::string_view back() const { return unicode ? "↩" : "<"; }
  std::string_view arrow() const { return unicode ? "→" : "->"; }
  std::string_view rule() const { return unicode ? "│" : "|"; }
  std::string_view ellipsis() const { return unicode ? "…" : "..."; }
  std::string_view bar_full() const { return unicode ? "━" : "="; }
  std::string_view bar_rest() const { return unicode ? "─" : "-"; }
  std::string_view block() const { return unicode ? "▇" : "#"; }
  /// One picture of the spinner; `turn` counts up.
  std::string_view spinner(std::size_t turn) const;

  /// `columns` wide, filled by done/total.
  std::string bar(double share, int columns) const;

 private:
  std::string dressed(std::string_view code, std::string_view text) const;
};

/// "1 file", "3 files".
std::string counted(std::size_t number, std::string_view singular);

}  // namespace belay::cli
