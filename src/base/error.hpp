#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace belay {

/// The exit codes users script against (docs/reference/exit-codes.md).
enum class ExitCode : int {
  deployed = 0,        // what was asked for is done
  failed = 1,          // failed; the old release serves
  bad_input = 2,       // nothing was touched
  nothing_serves = 3,  // failed, and nothing good serves
  busy = 4,            // another deployment holds the environment
  unfinished = 5,      // it ended, and what it left to be tidied up or undone is tried again
  frozen = 6,          // refused: a freeze of belay.yml holds; nothing was touched
};

/// A failure on its way to the user: what failed and where, why (the tool's own words), and what to do next.
/// Thrown where the facts are; frames ("while deploying production on host x") are added on the way up;
/// caught only in main, where a step is run, and in a connection's loop. It is rendered once, by whoever
/// shows it.
class Error : public std::exception {
 public:
  explicit Error(std::string what_failed, std::string why = {}, std::string next = {},
                 ExitCode code = ExitCode::failed)
      : message_(std::move(what_failed)), why_(std::move(why)), next_(std::move(next)), code_(code) {}

  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& message() const { return message_; }
  /// The failing tool's own words, possibly several lines. May be empty.
  const std::string& why() const { return why_; }
  /// What the user can do about it. May be empty.
  const std::string& next() const { return next_; }
  /// Message and why, where there is room for no more than that.
  std::string message_and_why() const { return why_.empty() ? message_ : message_ + ": " + why_; }
  ExitCode exit_code() const { return code_; }
  /// Innermost first: "building service backend", "deploying production".
  const std::vector<std::string>& frames() const { return frames_; }

  void add_frame(std::string doing) { frames_.push_back(std::move(doing)); }

 private:
  std::string message_, why_, next_;
  ExitCode code_;
  std::vector<std::string> frames_;
};

/// Runs `body`; an Error that leaves it says what was being done.
template <class Body>
decltype(auto) while_doing(std::string doing, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {
    error.add_frame(std::move(doing));
    throw;
  }
}

/// An Error for a failed system call: `what_failed: strerror(errno)`.
Error system_error(std::string what_failed, int errno_value, std::string next = {});

}  // namespace belay
