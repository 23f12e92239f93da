#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "steps/context.hpp"
#include "edge/table.hpp"

namespace belay {

/// What the strategies do at the edge that stays: who of current and candidate is given the requests.
class EdgeTurn {
 public:
  /// Throws Error where the edge cannot be brought to answer.
  explicit EdgeTurn(Context&);

  /// While nobody is open, requests wait.
  void open_candidates() const;
  void open_previous() const;
  /// Both are open: the candidates get this share of the requests, in percent.
  void weigh(int share) const;
  void drain_previous() const;
  void drain_candidates() const;
  /// No further requests; then their last ones end, for `patience` at the most.
  void close_previous() const;
  void close_candidates(std::chrono::milliseconds patience) const;

  /// Waits for the end of what the previous ones still have: for the drain timeout at the most.
  void wait_for_previous(StepName) const;

  /// A restart of the edge brings back the candidates as those who serve.
  void write_down() const;

 private:
  std::int64_t wait(const std::vector<docker::Container>&, std::chrono::milliseconds patience,
                    StepName) const;

  Context& context_;
  docker::Container edge_;
  EdgeShape shape_;
  EdgeTable table_;
  std::vector<docker::Container> previous_, candidates_;
};

/// Before the edge is told anything in this step: without it there is nothing to turn back.
void note_turn(Context&, StepName);
/// Blue-green's switch: the candidates run already.
void turn_the_edge(Context&);
/// What this step turned.
std::string turn_the_edge_back(Context&, StepName);

}  // namespace belay
