#pragma once

#include <chrono>
#include <string>

#include "model/judgement.hpp"

namespace belay {

/// How many windows a deployment has; they share the bound on false aborts.
int windows_of(const EnvironmentConfig&);

/// A time in which candidate and current release are compared.
struct Window {
  std::chrono::milliseconds time{};
  AbortRule abort_if;
  bool holds_without_data = false;  // goes on beyond its time until enough is known
};

/// Decides at each look whether a window goes on. Pure: its caller has the clock and the figures.
class JudgedWindow {
 public:
  /// `windows`: see windows_of.
  JudgedWindow(const Window&, int windows);

  struct Finding {
    enum class Next { goes_on, ends_well, aborts } next = Next::goes_on;
    std::string why;      // of an abort: in what the candidate is worse
    std::string figures;  // of both, on one line
  };
  /// `time_is_over`: the window has had its time.
  Finding look(const Served& candidate, const Served& current, bool time_is_over);

 private:
  Judge judge_;
  bool holds_without_data_;
};

}  // namespace belay
