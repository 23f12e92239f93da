#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <variant>

namespace belay {

/// Work that goes on beside the one who started it. A port: the body is system/background.cpp, on a thread; a
/// simulation brings another. The work may wait by pause() and by what asks the Engine or a program; what it
/// shares with others it guards, and it holds no lock while it waits.
class Background {
 public:
  explicit Background(std::function<void(const std::stop_token&)> work);
  /// Asks the work to stop, and waits for its end.
  ~Background();
  Background(Background&&) noexcept;
  Background& operator=(Background&&) noexcept;

  void request_stop();
  /// Waits for its end, whatever time that takes.
  void join();

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

/// The result of `work`, which began beside the caller when this was made. Destroying it waits for the end.
template <class Result>
class Beside {
 public:
  explicit Beside(std::function<Result()> work)
      : outcome_(std::make_unique<Outcome>()),
        background_([outcome = outcome_.get(), work = std::move(work)](const std::stop_token&) {
          // Caught here because it is the caller's: get() throws it again.
          try {
            if constexpr (std::is_void_v<Result>)
              work(), outcome->result.emplace();
            else
              outcome->result.emplace(work());
          } catch (const std::exception&) {
            outcome->failure = std::current_exception();
          }
        }) {}

  /// Waits for the end. Throws what the work threw. Once.
  Result get() {
    background_.join();
    if (outcome_->failure) std::rethrow_exception(outcome_->failure);
    if constexpr (!std::is_void_v<Result>) return std::move(*outcome_->result);
  }

 private:
  struct Outcome {
    std::optional<std::conditional_t<std::is_void_v<Result>, std::monostate, Result>> result;
    std::exception_ptr failure;
  };
  std::unique_ptr<Outcome> outcome_;
  Background background_;
};
template <class Work>
Beside(Work) -> Beside<std::invoke_result_t<Work>>;

}  // namespace belay
