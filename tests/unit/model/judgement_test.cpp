#include "model/judgement.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>

using namespace belay;

namespace {

const AbortRule usual{.errors_5xx = 100, .p95 = 200};

Served served(std::int64_t requests, std::int64_t errors, std::int64_t milliseconds = 20) {
  Served made{.requests = requests, .errors = errors};
  for (std::int64_t i = 0; i < requests; ++i) made.times.add(milliseconds);
  return made;
}

/// How long answers take: log-normal, and a share of them around another median.
struct Latency {
  double median = 40, sigma = 0.5, slow_share = 0, slow_median = 2000;
};

struct Traffic {
  double per_second = 0, base_errors = 0, more_errors = 0, slower = 1;
  std::optional<Latency> times = {};  // without: nobody looks at them, and none are drawn
  /// The current release's errors come in outages that each fail all requests for so many seconds; the
  /// candidate's too: in the same ones, or in its own, as many.
  double outage = 0;
  bool shared = false;
};

constexpr int looks_per_second = 5;

class Outages {
 public:
  Outages(double share, double seconds) : ticks_(static_cast<int>(seconds * looks_per_second)) {
    if (ticks_ > 0) starts_ = std::bernoulli_distribution(share / (ticks_ * (1 - share)));
  }
  bool next(std::mt19937_64& random) {
    if (left_ > 0) return --left_ > 0 || starts(random);
    return starts(random);
  }

 private:
  bool starts(std::mt19937_64& random) {
    if (ticks_ > 0 && starts_(random)) left_ = ticks_;
    return left_ > 0;
  }

  int ticks_, left_ = 0;
  std::bernoulli_distribution starts_{0};
};

/// What one release gets in the time between two looks; errors and answers are two Poisson processes.
class Sender {
 public:
  Sender(const Traffic& traffic, double share, double errors, double scale) : times_(traffic.times) {
    const double requests = traffic.per_second * share / looks_per_second;
    if (traffic.outage > 0) errors = 0;
    answered_ = poisson(requests * (1 - errors));
    if (errors > 0) failed_ = poisson(requests * errors);
    if (!times_) return;
    fast_ = std::lognormal_distribution<double>(std::log(times_->median * scale), times_->sigma);
    slow_ = std::lognormal_distribution<double>(std::log(times_->slow_median * scale), times_->sigma);
  }
  void send(Served& to, bool outage, std::mt19937_64& random) {
    auto answered = answered_(random);
    auto failed = failed_ ? (*failed_)(random) : 0;
    if (outage) failed += std::exchange(answered, 0);
    to.requests += answered + failed;
    to.errors += failed;
    if (!times_) return;
    std::bernoulli_distribution is_slow(times_->slow_share);
    for (auto i = answered + failed; i > 0; --i)
      to.times.add(std::llround(times_->slow_share > 0 && is_slow(random) ? slow_(random) : fast_(random)));
  }

 private:
  using poisson = std::poisson_distribution<std::int64_t>;
  std::optional<Latency> times_;
  poisson answered_;
  std::optional<poisson> failed_;
  std::lognormal_distribution<double> fast_, slow_;
};

struct Run {
  bool aborted = false;
  double seconds = 0;
  double harmed = 0;  // requests that the candidate failed, beyond what the current one would have
};

/// A deployment as steps/watched_window.cpp makes it: `steps: [5%, 25%, 100%]`, `for: 2m`.
Run run_of(const Traffic& traffic, std::mt19937_64& random, const AbortRule& rule) {
  constexpr double time = 120;
  Run run;
  Outages of_current(traffic.base_errors, traffic.outage), of_candidate(traffic.base_errors, traffic.outage);
  for (const double share : {0.05, 0.25}) {
    Judge judge(rule, 2);
    Served candidate, current;
    Sender to_candidate(traffic, share, traffic.base_errors + traffic.more_errors, traffic.slower),
        to_current(traffic, 1 - share, traffic.base_errors, 1);
    bool over = false;
    for (int look = 1; !over; ++look) {
      const bool current_out = of_current.next(random), candidate_out = of_candidate.next(random);
      to_candidate.send(candidate, traffic.shared ? current_out : candidate_out, random);
      to_current.send(current, current_out, random);
      const auto verdict = judge.look(candidate, current);
      run.aborted = verdict.worse;
      over = verdict.worse || (look >= time * looks_per_second && verdict.decided);
      run.seconds += 1.0 / looks_per_second;
    }
    run.harmed +=
        static_cast<double>(candidate.errors) - traffic.base_errors * static_cast<double>(candidate.requests);
    if (run.aborted) break;
  }
  return run;
}

struct Outcome {
  int runs = 0, aborted = 0;
  std::vector<double> seconds, harmed;
};

/// The seed is fixed: the same numbers each time, with the same standard library.
Outcome simulated(const Traffic& traffic, int runs, const AbortRule& rule) {
  std::mt19937_64 random(20261124);
  Outcome outcome{.runs = runs};
  for (int i = 0; i < runs; ++i) {
    const auto run = run_of(traffic, random, rule);
    if (!run.aborted) continue;
    ++outcome.aborted;
    outcome.seconds.push_back(run.seconds);
    outcome.harmed.push_back(run.harmed);
  }
  return outcome;
}

double median(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// Of one measure alone: it then has the whole 1 %.
const AbortRule errors_only{.errors_5xx = 100, .p95 = {}}, p95_only{.errors_5xx = {}, .p95 = 200};

const Latency log_normal{}, heavy_tail{.sigma = 1.5}, two_kinds{.sigma = 0.3, .slow_share = 0.05};

/// Where it would be false "3 of 10000" aborted, else "68 %, 82 s, 10": aborted, and the medians of the time
/// and of the requests that the candidate failed by then.
std::string cell(const Outcome& outcome, bool would_be_false) {
  if (would_be_false) return fmt::format("{} of {}", outcome.aborted, outcome.runs);
  auto text = fmt::format("{:g} %", 100.0 * outcome.aborted / outcome.runs);
  if (outcome.aborted == 0) return text;
  text += fmt::format(", {:.0f} s", median(outcome.seconds));
  if (const auto harmed = median(outcome.harmed); harmed > 0) text += fmt::format(", {:.0f}", harmed);
  return text;
}

void print_row(std::string row, const std::vector<std::string>& cells) {
  for (const auto& text : cells) row += " | " + text;
  fmt::print("| {} |\n", row);
  std::fflush(stdout);  // the next takes its time
}

void print_errors(double base) {
  fmt::print("\nerrors, current release {:g} %\n", 100 * base);
  for (const double rate : {1.0, 10.0, 100.0, 1000.0}) {
    std::vector<std::string> cells;
    for (const double more : {0.0, 0.01, 0.02, 0.05, 0.1, 0.2}) {
      const bool is_false = more <= 0.01;
      cells.push_back(cell(simulated({.per_second = rate, .base_errors = base, .more_errors = more},
                                     is_false ? 10000 : 1000, errors_only),
                           is_false));
    }
    print_row(fmt::format("{:g}", rate), cells);
  }
}

void print_outages(bool shared) {
  fmt::print("\n1 % errors in outages of {}\n", shared ? "both" : "each release's own");
  for (const double rate : {10.0, 100.0, 1000.0}) {
    std::vector<std::string> cells;
    for (const double seconds : {0.2, 1.0, 5.0})
      cells.push_back(
          cell(simulated({.per_second = rate, .base_errors = 0.01, .outage = seconds, .shared = shared}, 1000,
                         errors_only),
               true));
    print_row(fmt::format("{:g}", rate), cells);
  }
}

void print_times(const char* name, const Latency& times) {
  fmt::print("\np95, {}\n", name);
  for (const double rate : {1.0, 10.0, 100.0, 1000.0}) {
    std::vector<std::string> cells;
    for (const double slower : {1.0, 2.0, 3.0, 5.0}) {
      const bool is_false = slower <= 2;
      const int runs = (is_false ? 10000 : 1000) / (rate > 500 ? 10 : 1);
      cells.push_back(
          cell(simulated({.per_second = rate, .slower = slower, .times = times}, runs, p95_only), is_false));
    }
    print_row(fmt::format("{:g}", rate), cells);
  }
}

}  // namespace

TEST_CASE("without requests of both nothing is decided, and nobody is worse") {
  Judge judge(usual, 1);
  CHECK_FALSE(judge.look({}, {}).worse);
  CHECK_FALSE(judge.look({}, {}).decided);
  CHECK_FALSE(judge.look({}, served(100000, 0)).worse);
  CHECK_FALSE(judge.look(served(100000, 100000), {}).worse);  // argo-rollouts#1905: no data is no verdict
}

TEST_CASE("a handful of errors is chance; many are not") {
  CHECK_FALSE(Judge(usual, 1).look(served(10, 1), served(1000, 0)).worse);
  const auto verdict = Judge(usual, 1).look(served(200, 40), served(3800, 4));
  CHECK(verdict.worse);
  CHECK(verdict.finding.contains("20 % of 200"));
}

TEST_CASE("few requests of the current release rule nothing out either") {
  CHECK_FALSE(Judge(usual, 1).look(served(10000, 500), served(20, 0)).worse);
  CHECK_FALSE(Judge(usual, 1).look(served(10000, 0, 100), served(20, 0, 10)).worse);
}

TEST_CASE("an app that always fails some requests is not held against its next release") {
  CHECK_FALSE(Judge(usual, 1).look(served(2000, 100), served(2000, 100)).worse);
}

TEST_CASE("a release that takes three times as long is slower; one that takes half as long again is not") {
  CHECK(Judge(usual, 1).look(served(400, 0, 100), served(4000, 0, 30)).worse);
  CHECK_FALSE(Judge(usual, 1).look(served(400, 0, 45), served(4000, 0, 30)).worse);
  CHECK_FALSE(Judge(usual, 1).look(served(400, 0, 3), served(4000, 0, 1)).worse);  // nobody notices 2 ms
}

TEST_CASE("what is not named is not judged") {
  CHECK_FALSE(Judge({.errors_5xx = {}, .p95 = 200}, 1).look(served(400, 400), served(4000, 0)).worse);
  CHECK_FALSE(Judge({.errors_5xx = 100, .p95 = {}}, 1).look(served(400, 0, 900), served(4000, 0, 1)).worse);
}

TEST_CASE("response times keep their order within 5 %") {
  ResponseTimes times;
  for (std::int64_t i = 1; i <= 1000; ++i) times.add(i);
  for (const std::int64_t n : {1, 10, 500, 950, 1000}) {
    CHECK(times.at_least(n) <= static_cast<double>(n));
    CHECK(times.at_most(n) >= static_cast<double>(n));
    CHECK(times.at_most(n) <= 1.1 * static_cast<double>(n) + 1);
  }
}

TEST_CASE("simulated: a release that is not worse than allowed is aborted in fewer than one of a hundred") {
  // The seed is fixed, so this is no matter of chance. With another standard library's numbers it hardly
  // would be: of 10000 deployments, in each such cell of docs/canary.md, one was aborted at the most.
  constexpr int runs = 150, allowed = 1;
  for (const double base : {0.0, 0.03})
    CHECK(simulated({.per_second = 1000, .base_errors = base, .more_errors = 0.01}, runs, errors_only)
              .aborted <= allowed);
  CHECK(simulated({.per_second = 20, .slower = 2, .times = heavy_tail}, runs, p95_only).aborted <= allowed);
  CHECK(simulated({.per_second = 5, .times = two_kinds}, runs, p95_only).aborted <= allowed);
}

TEST_CASE("simulated: a release that fails a fifth of its requests, or is five times slower, is aborted") {
  CHECK(simulated({.per_second = 100, .base_errors = 0.005, .more_errors = 0.2}, 20, usual).aborted == 20);
  CHECK(simulated({.per_second = 100, .slower = 5, .times = log_normal}, 20, usual).aborted == 20);
}

TEST_CASE("helper: print the tables of docs/canary.md" * doctest::skip()) {
  for (const double base : {0.0, 0.005, 0.01, 0.03}) print_errors(base);
  for (const bool shared : {true, false}) print_outages(shared);
  print_times("log-normal, sigma 0.5", log_normal);
  print_times("log-normal, sigma 1.5", heavy_tail);
  print_times("two kinds", two_kinds);
}
