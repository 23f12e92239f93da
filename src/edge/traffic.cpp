#include "edge/traffic.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "edge/container.hpp"

namespace belay {

namespace {
/// Any application has a 5xx now and then.
constexpr std::int64_t least_errors = 5;
constexpr double least_share = 0.1;  // more than usual

double share_of_errors(const Answers& answers) {
  return answers.requests == 0 ? 0
                               : static_cast<double>(answers.errors) / static_cast<double>(answers.requests);
}
}  // namespace

PassedOn::PassedOn(const Layout& layout, const docker::Container& edge)
    : PassedOn(runtime_of(layout, edge).servers()) {}

PassedOn::PassedOn(const std::vector<haproxy::Server>& servers) {
  for (const auto& server : servers)
    if (server.state == haproxy::Server::State::ready && server.slot != haproxy::hold_slot)
      counts_[{server.backend, server.slot, server.host}] = {server.requests, server.errors_5xx};
}

Answers PassedOn::all() const {
  Answers sum;
  for (const auto& [slot, count] : counts_) {
    sum.requests += count.requests;
    sum.errors += std::min(count.errors, count.requests);
  }
  return sum;
}

Answers PassedOn::since(const PassedOn& earlier) const {
  Answers sum;
  for (const auto& [slot, count] : counts_) {
    const auto before = earlier.counts_.find(slot);
    if (before == earlier.counts_.end()) continue;
    // HAProxy counts from zero when it has read its file again.
    sum.requests += std::max<std::int64_t>(0, count.requests - before->second.requests);
    sum.errors += std::max<std::int64_t>(0, count.errors - before->second.errors);
  }
  sum.errors = std::min(sum.errors, sum.requests);
  return sum;
}

std::string bad_answers_text(const Answers& count, const Answers& usual) {
  if (count.errors < least_errors || share_of_errors(count) < share_of_errors(usual) + least_share) return {};
  return fmt::format("answers {} of {} requests with 5xx since then", count.errors, count.requests);
}

EdgeTraffic::EdgeTraffic(const Layout& layout, const docker::Container& edge, EdgeShape shape,
                         std::vector<docker::Container> previous, std::vector<docker::Container> candidates)
    : table_(table_of(layout, edge, std::move(shape))),
      previous_(std::move(previous)),
      candidates_(std::move(candidates)),
      log_(edge_directory(layout, edge) / haproxy::log_name,
           [this](const haproxy::Answered& answered) { take(answered); }) {
  restart();
}

void EdgeTraffic::take(const haproxy::Answered& answered) {
  const std::scoped_lock lock(mutex_);
  times_[{answered.backend, answered.slot}].add(answered.milliseconds);
}

void EdgeTraffic::restart() {
  const auto now = table_.look();
  previous_since_ = since(now, previous_);
  candidate_since_ = since(now, candidates_);
}

void EdgeTraffic::restart_candidate() {
  candidate_since_ = since(table_.look(), candidates_);
}

EdgeTraffic::Compared EdgeTraffic::compared() const {
  const auto now = table_.look();
  return {.candidate = served(now, candidates_, candidate_since_),
          .current = served(now, previous_, previous_since_)};
}

EdgeView::Counters EdgeTraffic::since(const EdgeView& now, const std::vector<docker::Container>& containers) {
  const std::scoped_lock lock(mutex_);
  for (const auto& slot : now.slots_of(containers)) times_.erase(slot);
  return now.counters(containers);
}

Served EdgeTraffic::served(const EdgeView& now, const std::vector<docker::Container>& containers,
                           const EdgeView::Counters& since) const {
  const auto counted = now.counters(containers);
  Served served{.requests = std::max<std::int64_t>(0, counted.requests - since.requests),
                .errors = std::max<std::int64_t>(0, counted.errors - since.errors)};
  served.errors = std::min(served.errors, served.requests);
  const std::scoped_lock lock(mutex_);
  for (const auto& slot : now.slots_of(containers))
    if (const auto found = times_.find(slot); found != times_.end()) served.times.add(found->second);
  return served;
}

}  // namespace belay
