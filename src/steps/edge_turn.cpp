#include "steps/edge_turn.hpp"

#include <algorithm>
#include <thread>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/error.hpp"
#include "steps/edge_container.hpp"

namespace belay {

namespace {

/// Noted before the edge is told anything: without it there is nothing to turn back.
constexpr auto turns = "turns";
constexpr auto between_looks = std::chrono::milliseconds(20);
/// Of requests that a candidate is at when it is turned away: they are let end, but not for long.
constexpr auto last_requests = std::chrono::seconds(10);

docker::Container edge_in(Context& context) {
  auto edge = edge_of_this_attempt(context);
  if (!edge)
    throw Error("the edge is gone", "its container was removed by hand", "deploy again: it is made anew");
  start_edge(context, *edge);
  return std::move(*edge);
}

Release release_in(const Context& context) {
  auto release = context.store.find(context.release);
  if (!release) throw Error("release " + context.release + " is not there", {}, "deploy again");
  return std::move(*release);
}

std::vector<docker::Container> previous_behind_edge(const Context& context) {
  std::vector<docker::Container> found;
  for (const auto& previous : previous_containers(context))
    if (auto inspection = context.engine.inspect(previous.id);
        inspection && inspection->container.labels.contains(label::host))
      found.push_back(std::move(inspection->container));
  return found;
}

}  // namespace

EdgeTurn::EdgeTurn(Context& context)
    : context_(context),
      edge_(edge_in(context)),
      release_(release_in(context)),
      table_(table_of(context, edge_, release_)),
      previous_(previous_behind_edge(context)),
      candidates_(candidates_of(context)) {}

void EdgeTurn::open_candidates() const {
  for (const auto& container : candidates_) table_.open(container);
}

void EdgeTurn::open_previous() const {
  for (const auto& container : previous_) table_.open(container);
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

void EdgeTurn::hold() const {
  for (const auto& service : release_.services) table_.hold(service.name);
}

void EdgeTurn::release() const {
  for (const auto& service : release_.services) table_.release(service.name);
}

std::int64_t EdgeTurn::wait(const std::vector<docker::Container>& containers,
                            std::chrono::milliseconds patience, StepName step) const {
  const auto limit = Deadline::in(patience);
  auto left = table_.sessions(containers);
  const auto first = left;
  for (auto told = left; left > 0 && !limit.expired(); left = table_.sessions(containers)) {
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
  write_edge_file(context_, edge_, edge_shape(release_), table_.seated(candidates_));
  edge_file_is_read(context_, edge_);
}

void turn_the_edge(Context& context) {
  context.ledger.note(StepName::switch_over, turns, true);
  const EdgeTurn turn(context);
  turn.open_candidates();
  turn.drain_previous();
}

std::string turn_the_edge_back(Context& context) {
  if (!context.ledger.noted(StepName::switch_over, turns)) return "the edge was not turned";
  const EdgeTurn turn(context);
  turn.open_previous();
  turn.close_candidates(last_requests);
  return "the edge is turned back";
}

}  // namespace belay
