#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "model/variables.hpp"

namespace belay {

/// Values that must not be shown, and `***` in their place. A value is found as it is; in base64, in lines of
/// 64 and 76 characters, too; and with any of its bytes written as a URL, JSON or a shell writes them (%2F,
/// +,
/// \n, \u0022, \u00e9, \$, '\'', \303). Each line of a value of several lines is masked by itself, too.
class Masks {
 public:
  /// A shorter value, or line of one, would be found everywhere.
  static constexpr std::size_t shortest = 4;
  static constexpr std::string_view shown = "***";

  Masks() = default;
  explicit Masks(const Values&);

  bool empty() const { return forms_.empty(); }
  std::string masked(std::string_view text) const;
  /// Every text in it, at any depth, but no key.
  boost::json::value masked_json(const boost::json::value&) const;
  std::vector<std::string> masked_lines(const std::vector<std::string>&) const;

  /// The end of a text that may be the beginning of a value.
  struct Held {
    std::string text;
    std::size_t covered = 0;  // bytes at its beginning that belong to a value already shown as ***
  };

  /// A text that comes in chunks: a value that is cut between two of them is masked as well.
  class Stream {
   public:
    explicit Stream(const Masks& masks) : masks_(&masks) {}
    Stream(const Masks& masks, Held held) : masks_(&masks), held_(std::move(held)) {}
    /// What can be shown by now: all but what is held.
    std::string feed(std::string_view chunk);
    /// The rest.
    std::string finish();
    const Held& held() const { return held_; }

   private:
    const Masks* masks_;
    Held held_;
  };

 private:
  struct Form {
    std::string text;
    bool escapes = true;  // each byte may be written in another way; not so in base64
  };
  struct Found {
    std::size_t length = 0;  // of the longest value that stands there; 0: none
    bool open = false;       // the text ends where a value, or a longer one, may still be going on
  };

  /// `known`: what is among the forms already.
  void add(std::string_view value, std::set<std::string>& known);
  void add_literal(const std::string& text, std::set<std::string>& known);
  Found at(std::string_view text) const;
  /// How far a text is decided, and how many bytes from there on belong to a value that begins before.
  struct Rest {
    std::size_t at = 0;
    std::size_t covered = 0;
  };
  /// Masks `text`, whose first `covered` bytes belong to a value that is shown already, as far as it is
  /// decided. Without `rest`: all of it. Values that overlap become one `***`.
  std::string masked(std::string_view text, std::size_t covered, Rest* rest) const;

  std::vector<Form> forms_;
  std::array<std::vector<std::uint32_t>, 256> by_first_{};  // the forms that may begin with a byte
};

/// Lines of a program, masked. One that was handed on in pieces (base/line_splitter.hpp) is one text.
class MaskedLines {
 public:
  explicit MaskedLines(const Masks& masks) : stream_(masks) {}
  std::string line(std::string_view);

 private:
  Masks::Stream stream_;
};

}  // namespace belay
