#pragma once

#include <cstdint>

namespace belay::sim {

/// A stream of numbers that a seed decides (splitmix64).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t roll() {
    auto mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }
  /// 0 … bound - 1.
  int below(int bound) { return static_cast<int>(roll() % static_cast<std::uint64_t>(bound)); }
  bool one_in(int times) { return below(times) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace belay::sim
