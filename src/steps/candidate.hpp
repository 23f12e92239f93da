#pragma once

#include <vector>

#include "drivers/compose.hpp"
#include "runtime/compose_model.hpp"
#include "steps/context.hpp"

namespace belay {

/// Turning a compose service into frozen create bodies, and bodies into candidates.

/// The service as compose itself would make its containers from the live directory, as create bodies: compose
/// makes a template, which is read and removed; labels are then as if `docker compose up` had been typed
/// there, so that typing it later changes nothing.
ReleasedService frozen_service(Context&, const boost::json::object& live_model, const std::string& service);

/// What a frozen create body says of restarts; "no" where it says nothing.
struct RestartPolicy {
  std::string name = "no";
  int maximum = 0;
};
RestartPolicy restart_policy_of(const boost::json::object& body);

/// Creates (does not start) the release's containers under names of their own. Until settle the Engine does
/// not restart them: one that dies is seen dead, and holds nothing up.
void create_candidates(Context&, const Release&);

/// What runs for the service now, whoever made it: by compose's labels, or by the fixed container name.
std::vector<docker::Container> containers_of_service(const docker::Engine&, const std::string& project,
                                                     const std::string& service,
                                                     const std::vector<std::string>& names);

/// Freezes what runs although belay did not deploy it (or somebody changed it since): a release to go back
/// to.
Release adopted_release(Context&, const boost::json::object& model,
                        const std::vector<PreviousContainer>& running);

}  // namespace belay
