#include "edge/turn.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "base/clock.hpp"
#include "edge/container.hpp"

namespace belay {

namespace {

constexpr int greatest_weight = 256;  // HAProxy's
constexpr auto between_looks = std::chrono::milliseconds(20);

EdgeTable table_of_started(const EdgePlace& place, const docker::Container& edge, const EdgeShape& shape) {
  start_edge(place, edge);
  return table_of(place.layout, edge, shape);
}

}  // namespace

EdgeTurn::EdgeTurn(EdgePlace place, docker::Container edge, EdgeShape shape,
                   std::vector<docker::Container> previous, std::vector<docker::Container> candidates)
    : place_(std::move(place)),
      edge_(std::move(edge)),
      shape_(std::move(shape)),
      table_(table_of_started(place_, edge_, shape_)),
      previous_(std::move(previous)),
      candidates_(std::move(candidates)) {}

void EdgeTurn::open_candidates() const {
  for (const auto& container : candidates_) table_.open(container, haproxy::full_weight, place_.stop);
}

void EdgeTurn::open_previous() const {
  for (const auto& container : previous_) table_.open(container);
}

void EdgeTurn::weigh(int share) const {
  // A weight is a container's; a share is all of theirs.
  const double each_candidate = share / static_cast<double>(std::max<std::size_t>(1, candidates_.size()));
  const double each_previous =
      (100 - share) / static_cast<double>(std::max<std::size_t>(1, previous_.size()));
  const double scale = greatest_weight / std::max(each_candidate, each_previous);
  const auto weight = [&](double part) { return std::max(1, static_cast<int>(std::lround(part * scale))); };
  for (const auto& container : candidates_) table_.open(container, weight(each_candidate), place_.stop);
  for (const auto& container : previous_) table_.open(container, weight(each_previous));
}

void EdgeTurn::drain_previous() const {
  for (const auto& container : previous_) table_.drain(container);
}

void EdgeTurn::drain_candidates() const {
  for (const auto& container : candidates_) table_.drain(container);
}

void EdgeTurn::close_previous() const {
  drain_previous();
  // What is held meanwhile waits for as long: half of its patience is left for the new one's start.
  wait(previous_, std::min(place_.config.drain_timeout, place_.config.hold_timeout / 2));
  for (const auto& container : previous_) table_.close(container);
}

void EdgeTurn::close_candidates(std::chrono::milliseconds longest) const {
  drain_candidates();
  wait(candidates_, longest);
  for (const auto& container : candidates_) table_.close(container);
}

std::int64_t EdgeTurn::wait(const std::vector<docker::Container>& containers,
                            std::chrono::milliseconds longest) const {
  const auto limit = Deadline::in(longest);
  auto left = table_.look().sessions(containers);
  const auto first = left;
  for (auto told = left; left > 0 && !limit.expired(); left = table_.look().sessions(containers)) {
    if (left != told) place_.show_ended(first - std::min(first, left), first);
    told = left;
    pause(between_looks);
  }
  return left;
}

void EdgeTurn::wait_for_previous() const {
  const auto left = wait(previous_, place_.config.drain_timeout);
  if (left > 0)
    place_.say(fmt::format("{} sessions of the old release are cut: drain_timeout is over", left));
  for (const auto& container : previous_) {
    place_.engine.stop(container.id);
    table_.close(container);
  }
}

void EdgeTurn::write_down() const {
  write_edge_file(place_, edge_, shape_, table_.seated(candidates_));
  edge_file_is_read(place_.layout, edge_);
}

}  // namespace belay
