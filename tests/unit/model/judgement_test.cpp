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
};

struct Run {
  bool aborted = false;
  double seconds = 0;
  std::int64_t harmed = 0;  // requests that the candidate failed, beyond what the current one would have
};

Run run_of(const Traffic& traffic, std::mt19937_64& random, const AbortRule& rule) {
  constexpr double share = 0.05, looks_per_second = 5, time = 120;
  Judge judge(rule, 2);
  Served candidate, current;
  const auto send = [&](Served& to, double rate, double errors, double scale) {
    const auto requests = std::poisson_distribution<std::int64_t>(rate / looks_per_second)(random);
    to.requests += requests;
    to.errors += std::binomial_distribution<std::int64_t>(requests, errors)(random);
    std::lognormal_distribution<double> times(std::log(40.0 * scale), 0.5);
    for (std::int64_t i = 0; i < requests; ++i) to.times.add(std::llround(times(random)));
  };
  for (int look = 1; look <= time * looks_per_second; ++look) {
    send(candidate, traffic.per_second * share, traffic.base_errors + traffic.more_errors, traffic.slower);
    send(current, traffic.per_second * (1 - share), traffic.base_errors, 1);
    if (judge.look(candidate, current).worse)
      return {true, look / looks_per_second,
              candidate.errors - std::llround(traffic.base_errors * static_cast<double>(candidate.requests))};
  }
  return {};
}

struct Outcome {
  int runs = 0, aborted = 0;
  std::vector<double> seconds, harmed;
};

Outcome simulated(const Traffic& traffic, int runs, const AbortRule& rule) {
  std::mt19937_64 random(20261124);
  Outcome outcome{.runs = runs};
  for (int i = 0; i < runs; ++i) {
    const auto run = run_of(traffic, random, rule);
    if (!run.aborted) continue;
    ++outcome.aborted;
    outcome.seconds.push_back(run.seconds);
    outcome.harmed.push_back(static_cast<double>(run.harmed));
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

TEST_CASE("simulated: a release that is as good is aborted in fewer than one of a hundred deployments") {
  // On the edge of what is allowed, where chance has it easiest.
  for (const auto& traffic :
       {Traffic{10, 0.005, 0.01, 1}, Traffic{100, 0.03, 0.01, 1}, Traffic{100, 0.0, 0.0, 2}}) {
    const auto outcome = simulated(traffic, 300, usual);
    CHECK(outcome.aborted <= 8);  // 3 of 300 are allowed; more than 8 by chance alone: one of a hundred
  }
}

TEST_CASE("simulated: a release that fails a fifth of its requests, or is five times slower, is aborted") {
  CHECK(simulated({100, 0.005, 0.2, 1}, 50, usual).aborted == 50);
  CHECK(simulated({100, 0.005, 0.0, 5}, 50, usual).aborted == 50);
}

TEST_CASE("the table of docs/canary.md (BELAY_SIMULATE=1 prints it)") {
  if (std::getenv("BELAY_SIMULATE") == nullptr) return;
  std::cout
      << "| requests/s | errors, current | worse by | aborted | median after | requests it failed by then |\n"
         "|---|---|---|---|---|---|\n";
  for (const double rate : {1.0, 10.0, 100.0, 1000.0})
    for (const double base : {0.005})
      for (const double more : {0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2}) {
        const auto outcome =
            simulated({rate, base, more, 1}, rate > 500 ? 100 : 400, {.errors_5xx = 100, .p95 = {}});
        std::cout << fmt::format("| {:g} | {:g} % | {:g} % | {:.1f} % | {} | {} |\n", rate, base * 100,
                                 more * 100, 100.0 * outcome.aborted / outcome.runs,
                                 outcome.aborted ? fmt::format("{:.0f} s", median(outcome.seconds)) : "",
                                 outcome.aborted ? fmt::format("{:.0f}", median(outcome.harmed)) : "");
      }
  for (const double rate : {10.0, 100.0, 1000.0})
    for (const double slower : {1.0, 1.5, 2.0, 3.0, 5.0}) {
      const auto outcome =
          simulated({rate, 0.005, 0, slower}, rate > 500 ? 50 : 200, {.errors_5xx = {}, .p95 = 200});
      std::cout << fmt::format("| {:g} | p95 | {:g} times | {:.1f} % | {} | |\n", rate, slower,
                               100.0 * outcome.aborted / outcome.runs,
                               outcome.aborted ? fmt::format("{:.0f} s", median(outcome.seconds)) : "");
    }
}
