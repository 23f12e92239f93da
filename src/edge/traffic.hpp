#pragma once

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "drivers/haproxy_log.hpp"
#include "edge/table.hpp"
#include "model/judgement.hpp"
#include "model/layout.hpp"
#include "model/notes.hpp"

namespace belay {

/// What the edge has passed on to the containers that it gives requests to, slot by slot, since its start:
/// two of them tell what came in between.
class PassedOn {
 public:
  /// Throws Error if the edge does not answer.
  PassedOn(const Layout&, const docker::Container& edge);
  /// Pure.
  explicit PassedOn(const std::vector<haproxy::Server>&);

  /// Since the edge's start.
  Answers all() const;
  /// In the slots where the same container stood at both times.
  Answers since(const PassedOn& earlier) const;

 private:
  std::map<std::array<std::string, 3>, Answers> counts_;  // by backend, slot and host
};

/// "answers 57 of 60 requests with 5xx since then"; empty: so few of them, or so little more than `usual`,
/// that they are not held against what serves.
std::string bad_answers_text(const Answers&, const Answers& usual);

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
