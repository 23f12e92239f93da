#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "dice.hpp"

namespace belay::sim {

/// Nobody will ever go on: every fiber waits for something that does not come.
struct Hang {};

/// Fibers of one thread under a clock that is a number. One runs at a time; it gives way only in wait(). Time
/// passes only when no fiber can run. Who goes on where several could, the dice say.
class Fibers {
 public:
  using Moment = SteadyClock::time_point;
  using Body = std::function<void()>;

  explicit Fibers(Dice& dice);
  ~Fibers();
  Fibers(const Fibers&) = delete;
  Fibers& operator=(const Fibers&) = delete;

  Moment time() const { return time_; }
  void set_time(Moment time) { time_ = time; }
  /// A new fiber, which may run when the one that calls this waits. It must let nothing out that is thrown.
  int start(Body);
  bool ended(int fiber) const;
  int current() const { return current_; }

  /// Until `ready` says so, or `until` has come. Throws Hang in the first fiber if that is never.
  void wait(const std::function<bool()>& ready, Moment until);
  /// Is called when that moment comes, between two fibers.
  void at(Moment, Body);
  /// Is told of all time that passes, before it does.
  std::function<void(SteadyClock::duration)> passes;

 private:
  struct Fiber;
  struct Stack;
  static void enter();
  void give_way();
  void switch_to(int fiber);
  std::optional<int> who_can_run();
  bool let_time_pass();

  Dice& dice_;
  Moment time_{};
  std::map<int, Fiber> fibers_;
  std::multimap<Moment, Body> timers_;
  std::vector<std::unique_ptr<Stack>> free_stacks_;
  int current_ = 0, next_ = 1;
  bool hangs_ = false;
};

}  // namespace belay::sim
