#include "steps/edge_traffic.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "steps/edge_container.hpp"

namespace belay {

namespace {

docker::Container edge_in(const Context& context) {
  auto edge = edge_of_this_attempt(context);
  if (!edge)
    throw Error("the edge is gone", "its container was removed by hand", "deploy again: it is made anew");
  return std::move(*edge);
}

EdgeTable table_in(const Context& context) {
  const auto release = context.store.find(context.release);
  if (!release) throw Error("release " + context.release + " is not there", {}, "deploy again");
  return table_of(context, edge_in(context), *release);
}

}  // namespace

EdgeTraffic::EdgeTraffic(Context& context)
    : table_(table_in(context)),
      previous_(previous_behind_edge(context)),
      candidates_(candidates_of(context)),
      log_(edge_directory(context, edge_in(context)) / haproxy::log_name,
           [this](const haproxy::Answered& answered) { take(answered); }) {
  restart();
}

void EdgeTraffic::take(const haproxy::Answered& answered) {
  const std::scoped_lock lock(mutex_);
  times_[{answered.backend, answered.slot}].add(answered.milliseconds);
}

void EdgeTraffic::forget(const std::vector<docker::Container>& containers) {
  const auto slots = table_.slots_of(containers);
  const std::scoped_lock lock(mutex_);
  for (const auto& slot : slots) times_.erase(slot);
}

void EdgeTraffic::restart() {
  previous_since_ = table_.counters(previous_);
  forget(previous_);
  restart_candidate();
}

void EdgeTraffic::restart_candidate() {
  candidate_since_ = table_.counters(candidates_);
  forget(candidates_);
}

Served EdgeTraffic::served(const std::vector<docker::Container>& containers,
                           const EdgeTable::Counters& since) const {
  const auto now = table_.counters(containers);
  const auto slots = table_.slots_of(containers);
  Served served{.requests = std::max<std::int64_t>(0, now.requests - since.requests),
                .errors = std::max<std::int64_t>(0, now.errors - since.errors)};
  served.errors = std::min(served.errors, served.requests);
  const std::scoped_lock lock(mutex_);
  for (const auto& slot : slots)
    if (const auto found = times_.find(slot); found != times_.end()) served.times.add(found->second);
  return served;
}

}  // namespace belay
