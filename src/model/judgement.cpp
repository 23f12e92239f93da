#include "model/judgement.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/binomial.hpp>
#include <fmt/core.h>

namespace belay {

namespace {

using boost::math::binomial_distribution;

constexpr double bucket_width = 1.05;
constexpr double p95 = 0.95;
/// Differences that nobody notices are none: the clock counts whole milliseconds.
constexpr double noticed_ms = 10;

/// Clopper and Pearson's bounds: the true rate lies beyond with a probability of at most alpha.
double rate_at_least(std::int64_t errors, std::int64_t requests, double alpha) {
  if (errors == 0) return 0;
  return binomial_distribution<>::find_lower_bound_on_p(static_cast<double>(requests),
                                                        static_cast<double>(errors), alpha);
}
double rate_at_most(std::int64_t errors, std::int64_t requests, double alpha) {
  if (errors == requests) return 1;
  return binomial_distribution<>::find_upper_bound_on_p(static_cast<double>(requests),
                                                        static_cast<double>(errors), alpha);
}

/// The rank whose value lies above the true p95 with a probability of at most alpha; 0: there is none.
std::int64_t rank_below_p95(std::int64_t count, double alpha) {
  const binomial_distribution<> below(static_cast<double>(count), p95);
  auto rank = static_cast<std::int64_t>(std::ceil(p95 * static_cast<double>(count)));
  while (rank > 0 && boost::math::cdf(below, static_cast<double>(rank - 1)) > alpha) --rank;
  return rank;
}

/// The rank whose value lies below the true p95 with a probability of at most alpha; count + 1: there is
/// none.
std::int64_t rank_above_p95(std::int64_t count, double alpha) {
  const binomial_distribution<> below(static_cast<double>(count), p95);
  auto rank = static_cast<std::int64_t>(std::floor(p95 * static_cast<double>(count))) + 1;
  while (rank <= count &&
         boost::math::cdf(boost::math::complement(below, static_cast<double>(rank - 1))) > alpha)
    ++rank;
  return rank;
}

double percent(const Served& served) {
  return served.requests == 0
             ? 0.0
             : 100.0 * static_cast<double>(served.errors) / static_cast<double>(served.requests);
}

double shown_p95(const ResponseTimes& times) {
  return times.at_most(std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(p95 * static_cast<double>(times.count())))));
}

}  // namespace

void ResponseTimes::add(std::int64_t milliseconds) {
  const double bucket =
      milliseconds < 1 ? 0 : 1 + std::log(static_cast<double>(milliseconds)) / std::log(bucket_width);
  ++counts_.at(std::min(buckets - 1, static_cast<std::size_t>(bucket)));
  ++count_;
}

void ResponseTimes::add(const ResponseTimes& more) {
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) counts_[bucket] += more.counts_[bucket];
  count_ += more.count_;
}

std::size_t ResponseTimes::bucket_of_nth(std::int64_t n) const {
  std::int64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    seen += counts_[bucket];
    if (seen >= n) return bucket;
  }
  return buckets - 1;
}

double ResponseTimes::at_least(std::int64_t n) const {
  const auto bucket = bucket_of_nth(n);
  return bucket == 0 ? 0 : std::pow(bucket_width, static_cast<double>(bucket - 1));
}

double ResponseTimes::at_most(std::int64_t n) const {
  return std::pow(bucket_width, static_cast<double>(bucket_of_nth(n)));
}

std::string shown(const Served& served) {
  auto text = fmt::format("{:.2g} % of {} requests failed", percent(served), served.requests);
  if (served.times.count() > 0) text += fmt::format(", p95 {:.0f} ms", shown_p95(served.times));
  return text;
}

Judge::Judge(const AbortRule& rule, int comparisons) : rule_(rule) {
  const int measures = (rule.errors_5xx ? 1 : 0) + (rule.p95 ? 1 : 0);
  // Two bounds in each measure, and any of them may err.
  alpha_ = false_aborts / std::max(1, comparisons * measures * 2);
}

Verdict Judge::look(const Served& candidate, const Served& current) {
  Verdict verdict{.decided = candidate.requests >= least_requests};
  if (candidate.requests < next_look_ || current.requests == 0) return verdict;
  next_look_ = std::max(candidate.requests + 1, candidate.requests + candidate.requests / 4);
  ++looks_;
  // The k-th look may err in 1/k(k+1) of what all of them may: that adds up to the whole.
  const double alpha = alpha_ / (static_cast<double>(looks_) * (looks_ + 1));
  auto finding = more_errors(candidate, current, alpha);
  if (!finding) finding = slower(candidate, current, alpha);
  if (finding) verdict = {.worse = true, .decided = true, .finding = *finding};
  return verdict;
}

std::optional<std::string> Judge::more_errors(const Served& candidate, const Served& current,
                                              double alpha) const {
  if (!rule_.errors_5xx) return std::nullopt;
  const double allowed = *rule_.errors_5xx / 10000.0;
  const double least = rate_at_least(candidate.errors, candidate.requests, alpha);
  const double most = rate_at_most(current.errors, current.requests, alpha);
  if (least - most <= allowed) return std::nullopt;
  return fmt::format(
      "the candidate fails more requests: {:.2g} % of {} (at least {:.2g} %), the current release "
      "{:.2g} % of {} (at most {:.2g} %)",
      percent(candidate), candidate.requests, 100 * least, percent(current), current.requests, 100 * most);
}

std::optional<std::string> Judge::slower(const Served& candidate, const Served& current, double alpha) const {
  if (!rule_.p95 || candidate.times.count() == 0 || current.times.count() == 0) return std::nullopt;
  const auto low = rank_below_p95(candidate.times.count(), alpha);
  const auto high = rank_above_p95(current.times.count(), alpha);
  if (low == 0 || high > current.times.count()) return std::nullopt;
  const double least = candidate.times.at_least(low), most = current.times.at_most(high);
  if (least <= most * *rule_.p95 / 100.0 || least - most < noticed_ms) return std::nullopt;
  return fmt::format(
      "the candidate is slower: p95 {:.0f} ms (at least {:.0f} ms), the current release {:.0f} ms (at "
      "most {:.0f} ms)",
      shown_p95(candidate.times), least, shown_p95(current.times), most);
}

}  // namespace belay
