#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.hpp"
#include "base/process.hpp"
#include "drivers/git.hpp"

namespace belay::git {

/// Contents as they are committed, byte for byte: no filter, no line ending, no setting of git's comes
/// between. One `git cat-file` for all of them; what a partial clone lacks it fetches.
class Blobs {
 public:
  Blobs(const Objects&, std::stop_token, Deadline);

  /// One content, of `size` bytes, in pieces; an empty piece is its end.
  class Content {
   public:
    std::uint64_t size() const { return size_; }
    std::string_view next();

   private:
    friend class Blobs;
    Content(Blobs& blobs, std::uint64_t size) : blobs_(blobs), size_(size), left_(size) {}
    Blobs& blobs_;
    std::uint64_t size_, left_;
  };
  /// Hands over the contents in the order of `ids`; what a `take` leaves unread is passed over. Throws Error
  /// for an id that the repository lacks.
  void read(const std::vector<std::string>& ids,
            const std::function<void(std::size_t number, Content&)>& take);

 private:
  std::string header();
  std::string_view piece(std::size_t most);
  void more();
  [[noreturn]] void fail(const std::string& why);

  Child git_;
  std::stop_token stop_;
  Deadline deadline_;
  std::string buffer_{};
  std::size_t begin_ = 0;
};

}  // namespace belay::git
