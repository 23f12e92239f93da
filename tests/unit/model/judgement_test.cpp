#include "model/judgement.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <random>

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

/// Two minutes of traffic at a share of 5 %, looked at five times a second.
struct Traffic {
  double per_second = 0, base_errors = 0, more_errors = 0, slower = 1;
  bool in_bursts = false;  // the errors of both come in whole seconds in which everything fails
  bool two_humps = false;  // one request of ten takes ten times as long
};

struct Run {
  bool aborted = false;
  double seconds = 0;
};

std::int64_t time_of_one(const Traffic& traffic, double scale, std::mt19937_64& random) {
  if (traffic.two_humps && std::bernoulli_distribution(0.1)(random)) scale *= 10;
  return std::llround(std::lognormal_distribution<double>(std::log(40.0 * scale), 0.5)(random));
}

Run run_of(const Traffic& traffic, std::mt19937_64& random, const AbortRule& rule) {
  constexpr double share = 0.05, looks_per_second = 5, time = 120;
  Judge judge(rule, 2);
  Served candidate, current;
  bool burst = false;
  const auto send = [&](Served& to, double rate, double more, double scale) {
    const auto requests = std::poisson_distribution<std::int64_t>(rate / looks_per_second)(random);
    const double base = traffic.in_bursts ? (burst ? 1.0 : 0.0) : traffic.base_errors;
    to.requests += requests;
    to.errors += std::binomial_distribution<std::int64_t>(requests, std::min(1.0, base + more))(random);
    for (std::int64_t i = 0; rule.p95 && i < requests; ++i) to.times.add(time_of_one(traffic, scale, random));
  };
  for (int look = 1; look <= time * looks_per_second; ++look) {
    if (look % static_cast<int>(looks_per_second) == 1)
      burst = std::bernoulli_distribution(traffic.base_errors)(random);
    send(candidate, traffic.per_second * share, traffic.more_errors, traffic.slower);
    send(current, traffic.per_second * (1 - share), 0, 1);
    if (judge.look(candidate, current).worse) return {true, look / looks_per_second};
  }
  return {};
}

struct Outcome {
  int runs = 0, aborted = 0;
  std::vector<double> seconds;
};

Outcome simulated(const Traffic& traffic, int runs, const AbortRule& rule) {
  std::mt19937_64 random(20261124);
  Outcome outcome{.runs = runs};
  for (int i = 0; i < runs; ++i) {
    const auto run = run_of(traffic, random, rule);
    if (!run.aborted) continue;
    ++outcome.aborted;
    outcome.seconds.push_back(run.seconds);
  }
  return outcome;
}

double median(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  std::ranges::sort(values);
  return values[values.size() / 2];
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

// Of 300 good deployments 3 may be aborted; more than 8 are by chance alone in one case of a hundred, and the
// chance of these is fixed.
TEST_CASE("simulated: a release that is as good is aborted in fewer than one of a hundred deployments") {
  const AbortRule errors{.errors_5xx = 100, .p95 = {}};
  // On the edge of what is allowed, where chance has it easiest.
  CHECK(simulated({.per_second = 10, .base_errors = 0.005, .more_errors = 0.01}, 300, errors).aborted <= 8);
  CHECK(simulated({.per_second = 100, .base_errors = 0.03, .more_errors = 0.01}, 300, errors).aborted <= 8);
  CHECK(simulated({.per_second = 100, .base_errors = 0.03, .in_bursts = true}, 300, errors).aborted <= 8);
  CHECK(simulated({.per_second = 20, .slower = 2}, 300, usual).aborted <= 8);
}

TEST_CASE("simulated: a release that fails a fifth of its requests, or is five times slower, is aborted") {
  CHECK(simulated({.per_second = 100, .base_errors = 0.005, .more_errors = 0.2}, 50, usual).aborted == 50);
  CHECK(simulated({.per_second = 100, .base_errors = 0.005, .slower = 5}, 50, usual).aborted == 50);
}

namespace {

const std::vector<double> rates = {1, 10, 100, 1000};

/// "68 %, 82 s": how many were aborted, and the median of when.
std::string cell(const Traffic& traffic, int runs, const AbortRule& rule) {
  const auto outcome = simulated(traffic, traffic.per_second > 500 ? runs / 4 : runs, rule);
  if (outcome.aborted == 0) return "0";
  return fmt::format("{:.3g} %, {:.0f} s", 100.0 * outcome.aborted / outcome.runs, median(outcome.seconds));
}

std::string head(const std::string& first, const std::vector<double>& steps, const char* unit) {
  std::string names = "| " + first, line = "|---";
  for (const double step : steps) {
    names += fmt::format(" | {:g}{}", step, unit);
    line += "|---";
  }
  return names + " |\n" + line + "|\n";
}

void print_errors(double base, bool in_bursts) {
  const std::vector<double> steps = {0, 0.5, 1, 2, 5, 10, 20};
  std::cout << fmt::format("\n{:g} % errors in the current release{}:\n\n", base * 100,
                           in_bursts ? ", of both, in bursts of a second" : "")
            << head("requests/s", steps, "");
  for (const double rate : rates) {
    std::cout << fmt::format("| {:g}", rate);
    for (const double more : steps)
      std::cout << " | "
                << cell({.per_second = rate,
                         .base_errors = base,
                         .more_errors = more / 100,
                         .in_bursts = in_bursts},
                        400, {.errors_5xx = 100, .p95 = {}});
    std::cout << " |\n" << std::flush;
  }
}

void print_times(bool two_humps) {
  const std::vector<double> steps = {1, 1.5, 2, 3, 5};
  std::cout << (two_humps ? "\nOne request of ten takes ten times as long:\n\n"
                          : "\nLog-normal around 40 ms:\n\n")
            << head("requests/s", steps, " times");
  for (const double rate : rates) {
    std::cout << fmt::format("| {:g}", rate);
    for (const double slower : steps)
      std::cout << " | "
                << cell({.per_second = rate, .base_errors = 0.005, .slower = slower, .two_humps = two_humps},
                        200, {.errors_5xx = {}, .p95 = 200});
    std::cout << " |\n" << std::flush;
  }
}

}  // namespace

TEST_CASE("the tables of docs/canary.md (BELAY_SIMULATE=1 prints them)") {
  if (std::getenv("BELAY_SIMULATE") == nullptr) return;
  for (const double base : {0.0, 0.005, 0.03}) print_errors(base, false);
  print_errors(0.03, true);
  print_times(false);
  print_times(true);
}
