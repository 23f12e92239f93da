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
#include "release/live_files.hpp"
#include "release/release_store.hpp"
#include "runtime/attempt.hpp"
#include "steps/ledger.hpp"
#include "steps/serving_watch.hpp"

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
  Time began;            // when the run began, whichever process carries it on
  Layout layout;
  ReleaseStore store;
  docker::Engine engine;
  Ledger& ledger;
  std::stop_source cancel;  // of the run: by its controller, or because what serves was taken down
  std::stop_token stop;     // of the step: what `cancel` asks for, until the run goes back
  std::unique_ptr<ContainerWatch> watch{};  // from switch to verify
  std::unique_ptr<ServingWatch> serving{};  // from preflight to the switch
  boost::json::object model{};  // compose's resolved model, as the view shows it; from build to create
  std::optional<Publication> publication{};  // what publishing would change; from create to settle
  std::vector<std::string> services{};       // those that are released; from build to create
  std::shared_ptr<EdgeTraffic> traffic{};    // from start to soak, where a release is judged by it
  std::string run{};                         // whose journal this is
  std::string at_fault{};                    // the container that made the step fail, if it was one

  std::vector<RegistryLogin> logins{};  // of this run's controller; a recovery has none
  /// The values of the plan's `${NAME}`. A recovery after the guard's death has none: what goes back must not
  /// need them.
  Values variables{};

  const EnvironmentConfig& environment() const { return plan.environment; }
  Attempt attempt() const { return {engine, layout, release, nonce, stop}; }
};

/// The compose file of this attempt, relative to its source and to the live directory; of several the first.
std::string compose_file_of(const Context&);
/// The candidate, as create froze it. Throws Error where it is not there.
Release release_of(const Context&);

std::vector<PreviousContainer> previous_containers(const Context&);  // as create noted them
/// The id that one of them has now: it may have been made again.
std::string id_now(const Context&, const std::string& id);
/// Those that go on running as they are, where the release changes nothing about them.
std::vector<PreviousContainer> unchanged_containers(const Context&);
/// Those of these whose services never run twice: they change hands once the traffic has been turned.
std::vector<docker::Container> replaced_ones(const Context&, std::vector<docker::Container>);
std::vector<PreviousContainer> replaced_ones(const Context&, std::vector<PreviousContainer>);
/// The edge in front of them, if there was one.
std::optional<PreviousContainer> previous_edge(const Context&);
/// Those of them that stand behind it.
std::vector<docker::Container> previous_behind_edge(const Context&);
/// Whether that edge stays, in front of the candidates too.
bool edge_stays(const Context&);
/// The services of this release that run already, unchanged: no candidate is made for them.
std::vector<std::string> unchanged_services(const Context&);
/// Whether anything served before: if not, a failure has nothing to go back to.
bool something_served(const Context&);
/// The containers this attempt made for `role`, in no order.
std::vector<docker::Container> made_by_this_attempt(const Context&, const std::string& role);
/// The candidate's containers, in the order in which their services are started.
std::vector<docker::Container> candidates_of(const Context&);
std::vector<docker::Container> candidates_of(const Context&, const Release&);
/// Those of the candidate's containers that may end by themselves, with exit code 0: one-shot services.
std::vector<std::string> may_end(const std::vector<docker::Container>&, const Release&);
std::vector<std::string> ids_of(const std::vector<docker::Container>&);

}  // namespace belay
