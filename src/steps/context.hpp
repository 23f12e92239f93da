#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "drivers/container_watch.hpp"
#include "drivers/docker.hpp"
#include "model/labels.hpp"
#include "model/layout.hpp"
#include "model/plan.hpp"
#include "release/release_store.hpp"
#include "steps/ledger.hpp"

namespace belay {

class EdgeTraffic;

/// What every step is given. Nothing in it outlives the process but what the ledger and the release store
/// hold: a step that is undone by another process finds there, or on the Engine by the nonce's label, all it
/// needs.
struct Context {
  const Plan& plan;
  std::string release;   // the candidate's id
  std::string nonce;     // of this attempt; label belay.nonce on everything it makes
  std::string previous;  // the release that served when it began; empty: none
  Layout layout;
  ReleaseStore store;
  docker::Engine engine;
  Ledger& ledger;
  std::stop_token stop;
  std::unique_ptr<ContainerWatch> watch{};  // from switch to verify
  boost::json::object model{};              // compose's resolved model, from build to create
  std::shared_ptr<EdgeTraffic> traffic{};   // from start to soak, where a release is judged by it

  const EnvironmentConfig& environment() const { return plan.environment; }
};

/// The candidate, as create froze it. Throws Error where it is not there.
Release release_of(const Context&);

/// A container of the release before, as the switch found it.
struct PreviousContainer {
  std::string id, name, service;
  bool running = false;
  std::string restart_policy;
  int restart_maximum = 0;
};
std::vector<PreviousContainer> previous_containers(const Context&);  // as create noted them
/// The edge in front of them, if there was one.
std::optional<PreviousContainer> previous_edge(const Context&);
/// Those of them that stand behind it.
std::vector<docker::Container> previous_behind_edge(const Context&);
/// Whether that edge stays, in front of the candidates too.
bool edge_stays(const Context&);
/// Whether anything served before: if not, a failure has nothing to go back to.
bool something_served(const Context&);
/// The containers this attempt made for `role`, in no order.
std::vector<docker::Container> made_by_this_attempt(const Context&, const std::string& role);
/// The candidate's containers, in the order in which `services:` names theirs.
std::vector<docker::Container> candidates_of(const Context&);
std::vector<std::string> ids_of(const std::vector<docker::Container>&);

}  // namespace belay
