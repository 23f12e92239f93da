#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "drivers/haproxy_log.hpp"
#include "model/judgement.hpp"
#include "steps/context.hpp"
#include "edge/table.hpp"

namespace belay {

/// What candidate and current release are given at the edge, and what becomes of it: counted by the edge
/// itself, the times as it reports them. Listens from its making on.
class EdgeTraffic {
 public:
  explicit EdgeTraffic(Context&);

  /// From now on it is counted anew.
  void restart();
  /// The candidate's alone: the current one's stand for what was before it got nothing any more.
  void restart_candidate();

  struct Compared {
    Served candidate, current;
  };
  Compared compared() const;

 private:
  EdgeTraffic(Context&, const docker::Container& edge);
  void take(const haproxy::Answered&);
  Served served(const EdgeView& now, const std::vector<docker::Container>&,
                const EdgeView::Counters& since) const;
  /// What they are counted from, if that is to begin now.
  EdgeView::Counters since(const EdgeView& now, const std::vector<docker::Container>&);

  EdgeTable table_;
  std::vector<docker::Container> previous_, candidates_;
  EdgeView::Counters previous_since_, candidate_since_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, ResponseTimes> times_;  // by backend and slot
  haproxy::RequestLog log_;
};

}  // namespace belay
