#include "steps/what_served.hpp"

#include <algorithm>

#include "edge/container.hpp"
#include "edge/traffic.hpp"
#include "runtime/adoption.hpp"
#include "runtime/ownership.hpp"
#include "steps/made_again.hpp"

namespace belay {

namespace {

PreviousContainer as_found(const Context& context, const docker::Inspection& found,
                           const std::string& service) {
  // One that is off now, and ended after the run had begun, ran when it began.
  const bool ran =
      found.container.on() || (found.container.state == "exited" && found.finished >= context.began);
  return {found.container.id,   found.container.name, service, ran,
          found.restart_policy, found.restart_maximum};
}

/// The current release's containers and edge, as they are now.
WhatServed found_now(const Context& context) {
  WhatServed served;
  const auto release = context.store.find(context.previous);
  if (!release) return served;
  const auto ours = Ownership::of(context.engine, context.layout, *release);
  const auto add = [&](const docker::Container& container, const std::string& service) {
    if (label_of(container, label::nonce) == context.nonce) return;
    if (const auto found = context.engine.inspect(container.id))
      served.containers.push_back(as_found(context, *found, service));
  };
  for (const auto& service : release->services) {
    const auto containers = ours.containers(service.name);
    for (const auto& container : containers) add(container, service.name);
    if (containers.empty() && goes_on_for_ever(service)) served.missing.push_back(service.name);
  }
  for (const auto& edge : edges_of(context.engine, ours.project()))
    if (ours.is_ours(edge)) add(edge, edge_service);
  return served;
}

/// One that is in both ran if it did in one of them.
void add(std::vector<PreviousContainer>& containers, std::vector<PreviousContainer> others) {
  for (auto& other : others) {
    const auto known = std::ranges::find(containers, other.id, &PreviousContainer::id);
    if (known == containers.end())
      containers.push_back(std::move(other));
    else
      known->running = known->running || other.running;
  }
}

std::vector<PreviousContainer> noted_at_begin(const Context& context) {
  auto noted_then = noted<notes::ServedAtBegin>(context.ledger).value_or(notes::ServedAtBegin{}).value;
  for (auto& container : noted_then) container.id = id_now(context, container.id);
  return noted_then;
}

WhatServed as_noted(const Context& context) {
  const auto at_begin = noted_at_begin(context);
  if (!noted<notes::PreviousContainers>(context.ledger)) {
    auto missing = found_now(context).missing;
    std::erase_if(missing, [&](const std::string& service) {
      return std::ranges::find(at_begin, service, &PreviousContainer::service) != at_begin.end();
    });
    return {.containers = at_begin, .missing = std::move(missing)};
  }
  WhatServed served{.containers = previous_containers(context), .missing = {}};
  add(served.containers, unchanged_containers(context));
  // What was stopped or lost before create looked.
  add(served.containers, at_begin);
  if (const auto edge = previous_edge(context)) add(served.containers, {*edge});
  std::ranges::stable_partition(served.containers,
                                [](const PreviousContainer& one) { return one.service != edge_service; });
  return served;
}

void note_answers(Context& context, const std::vector<PreviousContainer>& served) {
  const auto edge = std::ranges::find(served, edge_service, &PreviousContainer::service);
  const auto found = edge == served.end() ? std::nullopt : context.engine.inspect(edge->id);
  if (!found || !found->container.running()) return;
  try {
    note(context.ledger, notes::AnsweredAtBegin{PassedOn(context.layout, found->container).all()});
  } catch (
      const Error& error) {  // an edge that does not answer is found, and told, by the step that needs it
    context.ledger.output(StepName::preflight, "the edge's counts are not known: " + error.message_and_why());
  }
}

}  // namespace

void note_what_serves(Context& context) {
  const auto served = found_now(context);
  keep_bodies(context, {served.containers});
  note(context.ledger, notes::ServedAtBegin{served.containers});
  note_answers(context, served.containers);
}

Answers usual_answers(const Context& context) {
  return noted<notes::AnsweredAtBegin>(context.ledger).value_or(notes::AnsweredAtBegin{}).value;
}

bool ran_at_begin(const Context& context, const std::string& id) {
  return std::ranges::any_of(noted_at_begin(context),
                             [&](const PreviousContainer& one) { return one.id == id && one.running; });
}

WhatServed what_served(const Context& context) {
  if (!noted<notes::ServedAtBegin>(context.ledger) && !noted<notes::PreviousContainers>(context.ledger))
    return found_now(context);
  auto served = as_noted(context);
  // One that was stopped after the run had begun, and before it was noted.
  for (auto& container : served.containers)
    if (const auto found = container.running ? std::nullopt : context.engine.inspect(container.id))
      container.running = as_found(context, *found, container.service).running;
  return served;
}

}  // namespace belay
