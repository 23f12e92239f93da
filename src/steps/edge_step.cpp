#include <algorithm>

#include <fmt/core.h>

#include "base/files.hpp"
#include "edge/certificates.hpp"
#include "model/labels.hpp"
#include "steps/attempt_edge.hpp"
#include "steps/step.hpp"

namespace belay::edge {

namespace {

std::vector<haproxy::Backend> in_front_of_candidates(const Context& context, const EdgeShape& shape) {
  auto backends = shape.backends;
  for (const auto& candidate : candidates_of(context)) {
    const auto& service = candidate.labels.at(compose_label::service);
    for (const auto* backend : backends_of(shape, service)) {
      auto& slots = std::ranges::find(backends, backend->name, &haproxy::Backend::name)->slots;
      *std::ranges::find(slots, std::string{}) = candidate.labels.at(label::host);
    }
  }
  return backends;
}

/// The same ports, networks and image: only who stands behind it changes, and perhaps its file.
bool can_stay(const docker::Container& edge, const EdgeShape& shape, const EdgeConfig& config) {
  const auto kind = edge.labels.find(label::kind);
  return kind != edge.labels.end() && kind->second == edge_kind(shape, config);
}

void bring_up_to_date(Context& context, const docker::Container& edge, const EdgeShape& shape) {
  const auto place = edge_place(context);
  start_edge(place, edge);
  const auto table = table_of(context.layout, edge, shape);
  std::vector<docker::Container> serving;
  for (const auto& previous : previous_containers(context))
    if (auto inspection = context.engine.inspect(previous.id))
      serving.push_back(std::move(inspection->container));
  take_up_certificates(place, edge_directory(context.layout, edge));
  if (write_edge_file(place, edge, shape, table.seated(serving))) reload_edge(place, edge);
  wait_for_one_worker(place, edge);
}

}  // namespace

std::string apply(Context& context) {
  const auto shape = edge_shape_of(context);
  if (const auto previous = previous_edge(context)) {
    const auto inspection = context.engine.inspect(previous->id);
    if (inspection && can_stay(inspection->container, shape, *context.environment().edge)) {
      note(context.ledger, notes::EdgeStays{previous->id});
      bring_up_to_date(context, inspection->container, shape);
      return previous->name + " stays";
    }
  }
  // Where the candidates start after the edge, the switch tells it of them: their names do not lead anywhere
  // yet.
  make_edge(edge_place(context), shape,
            names_move(context) ? shape.backends : in_front_of_candidates(context, shape));
  return previous_edge(context) ? "a new one is ready to take the old one's place"
                                : "ready to take over the ports";
}

std::string undo(Context& context) {
  if (edge_stays(context))
    if (const auto edge = edge_of_this_attempt(context)) clear_edge_directory(context.layout, *edge);
  for (const auto& made : made_by_this_attempt(context, "edge")) context.engine.remove(made.id);
  for (const auto& check : made_by_this_attempt(context, "edge-check")) context.engine.remove(check.id);
  remove_tree(context.layout.edge() / context.nonce);
  if (!previous_edge(context)) remove_tree(context.layout.edge());
  return edge_stays(context) ? "the edge was there before" : "the new edge is gone";
}

}  // namespace belay::edge
