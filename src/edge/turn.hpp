#pragma once

#include <chrono>
#include <vector>

#include "edge/place.hpp"
#include "edge/table.hpp"

namespace belay {

/// What the strategies do at the edge that stays: they open and drain the containers of the current release
/// and of the candidate.
class EdgeTurn {
 public:
  /// Starts the edge if it does not run. Throws Error if it does not answer then. `previous`: the containers
  /// of the current release that stand behind it.
  EdgeTurn(EdgePlace, docker::Container edge, EdgeShape, std::vector<docker::Container> previous,
           std::vector<docker::Container> candidates);

  /// While no container is open, HAProxy holds the requests.
  void open_candidates() const;
  void open_previous() const;
  /// Opens both; the candidates get this share of the requests, in percent.
  void weigh(int share) const;
  void drain_previous() const;
  void drain_candidates() const;
  /// Drains them and waits, for a part of the hold timeout at the most; then their slots are free.
  void close_previous() const;
  /// The same with a limit of its own.
  void close_candidates(std::chrono::milliseconds longest) const;

  /// Waits until the previous containers have no session left, for the drain timeout at the most; then stops
  /// them.
  void wait_for_previous() const;

  /// Writes the file, so that an edge that restarts comes back with the candidates open.
  void write_down() const;

 private:
  /// Returns how many sessions are left.
  std::int64_t wait(const std::vector<docker::Container>&, std::chrono::milliseconds longest) const;

  EdgePlace place_;
  docker::Container edge_;
  EdgeShape shape_;
  EdgeTable table_;
  std::vector<docker::Container> previous_, candidates_;
};

}  // namespace belay
