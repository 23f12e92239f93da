#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "model/config.hpp"

namespace belay {

/// Whether a candidate is worse than the current release, by the requests that both got in the same time. The
/// rule, and why it aborts a good release in at most one of a hundred deployments, as long as requests fail
/// independently of each other: docs/canary.md.

/// Response times in buckets 5 % wide: bounded memory for any number of requests.
class ResponseTimes {
 public:
  void add(std::int64_t milliseconds);
  void add(const ResponseTimes&);
  std::int64_t count() const { return count_; }
  /// The edges of the bucket that the n-th smallest (from 1) lies in, in milliseconds.
  double at_least(std::int64_t n) const;
  double at_most(std::int64_t n) const;

 private:
  static constexpr std::size_t buckets = 320;  // up to an hour
  std::size_t bucket_of_nth(std::int64_t n) const;

  std::array<std::int64_t, buckets> counts_{};
  std::int64_t count_ = 0;
};

/// What one release got in the time that is looked at.
struct Served {
  std::int64_t requests = 0, errors = 0;
  ResponseTimes times;
};

/// "1.2 % of 340 requests failed, p95 48 ms".
std::string shown(const Served&);

struct Verdict {
  bool worse = false;
  bool decided = false;  // enough requests to say that it is not
  std::string finding;   // of a worse one: in what, with the figures
};

/// Looks again and again at one comparison of a candidate with the current release.
class Judge {
 public:
  /// `comparisons`: how many a deployment makes; they share the bound on false aborts.
  Judge(const AbortRule&, int comparisons);

  /// More data than the last time, or the same; decides anew only when the candidate's requests have grown by
  /// a quarter. Without requests of both it decides nothing.
  Verdict look(const Served& candidate, const Served& current);

  static constexpr double false_aborts = 0.01;        // of deployments, at the most
  static constexpr std::int64_t least_requests = 50;  // of the candidate, to call a window decided

 private:
  std::optional<std::string> more_errors(const Served& candidate, const Served& current, double alpha) const;
  std::optional<std::string> slower(const Served& candidate, const Served& current, double alpha) const;

  AbortRule rule_;
  double alpha_;
  int looks_ = 0;
  std::int64_t next_look_ = 1;
};

}  // namespace belay
