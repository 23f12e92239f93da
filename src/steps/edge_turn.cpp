#include "steps/edge_turn.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include <fmt/core.h>

#include "base/error.hpp"
#include "steps/edge_container.hpp"

namespace belay {

namespace {

constexpr int greatest_weight = 256;  // HAProxy's
constexpr auto between_looks = std::chrono::milliseconds(20);
/// Of requests that a candidate is at when it is turned away: they are let end, but not for long.
constexpr auto last_requests = std::chrono::seconds(10);

docker::Container started_edge(const Context& context) {
  auto edge = edge_in_front(context);
  start_edge(context, edge);
  return edge;
}

}  // namespace

EdgeTurn::EdgeTurn(Context& context)
    : context_(context),
      edge_(started_edge(context)),
      shape_(edge_shape_of(context)),
      table_(table_of(context, edge_, shape_)),
      previous_(previous_behind_edge(context)),
      candidates_(candidates_of(context)) {}

void EdgeTurn::open_candidates() const {
  for (const auto& container : candidates_) table_.open(container);
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
  for (const auto& container : candidates_) table_.open(container, weight(each_candidate));
  for (const auto& container : previous_) table_.open(container, weight(each_previous));
}

void EdgeTurn::drain_previous() const {
  for (const auto& container : previous_) table_.drain(container);
}

void EdgeTurn::drain_candidates() const {
  for (const auto& container : candidates_) table_.drain(container);
}

void EdgeTurn::close_previous() const {
  const auto& edge = *context_.environment().edge;
  drain_previous();
  // What is held meanwhile waits for as long: half of its patience is left for the new one's start.
  wait(previous_, std::min(edge.drain_timeout, edge.hold_timeout / 2), StepName::switch_over);
  for (const auto& container : previous_) table_.close(container);
}

void EdgeTurn::close_candidates(std::chrono::milliseconds patience) const {
  drain_candidates();
  wait(candidates_, patience, StepName::switch_over);
  for (const auto& container : candidates_) table_.close(container);
}

std::int64_t EdgeTurn::wait(const std::vector<docker::Container>& containers,
                            std::chrono::milliseconds patience, StepName step) const {
  const auto limit = Deadline::in(patience);
  auto left = table_.look().sessions(containers);
  const auto first = left;
  for (auto told = left; left > 0 && !limit.expired(); left = table_.look().sessions(containers)) {
    if (left != told) context_.ledger.progress(step, first - std::min(first, left), first, "sessions ended");
    told = left;
    std::this_thread::sleep_for(between_looks);
  }
  return left;
}

void EdgeTurn::wait_for_previous(StepName step) const {
  const auto left = wait(previous_, context_.environment().edge->drain_timeout, step);
  if (left > 0)
    context_.ledger.output(
        step, fmt::format("{} sessions of the old release are cut: drain_timeout is over", left));
  for (const auto& container : previous_) {
    context_.engine.stop(container.id);
    table_.close(container);
  }
}

void EdgeTurn::write_down() const {
  write_edge_file(context_, edge_, shape_, table_.seated(candidates_));
  edge_file_is_read(context_, edge_);
}

void note_turn(Context& context, StepName step) {
  note(context.ledger, step, notes::EdgeTurns{});
}

void turn_the_edge(Context& context) {
  note_turn(context, StepName::switch_over);
  const EdgeTurn turn(context);
  turn.open_candidates();
  turn.drain_previous();
}

std::string turn_the_edge_back(Context& context, StepName step) {
  if (!noted<notes::EdgeTurns>(context.ledger, step)) return "the edge was not turned";
  const EdgeTurn turn(context);
  turn.open_previous();
  turn.close_candidates(last_requests);
  return "the edge is turned back";
}

}  // namespace belay
