#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "drivers/haproxy_log.hpp"
#include "edge/table.hpp"
#include "model/judgement.hpp"
#include "model/layout.hpp"

namespace belay {

/// Requests, errors and response times of the current release and of the candidate. HAProxy counts; the times
/// come from its log. Starts when constructed.
class EdgeTraffic {
 public:
  /// Throws Error if the edge does not answer.
  EdgeTraffic(const Layout&, const docker::Container& edge, EdgeShape,
              std::vector<docker::Container> previous, std::vector<docker::Container> candidates);

  /// Counts from zero again.
  void restart();
  /// The candidate's alone: the current release's figures stay those of before the switch.
  void restart_candidate();

  struct Compared {
    Served candidate, current;
  };
  Compared compared() const;

 private:
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
