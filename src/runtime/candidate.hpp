#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "model/release.hpp"
#include "runtime/attempt.hpp"
#include "runtime/ownership.hpp"
#include "runtime/release_project.hpp"

namespace belay {

/// Containers made from a frozen release.
struct CandidateRules {
  /// Containers that stay as they are: of their services only those are made that are missing.
  std::vector<PreviousContainer> unchanged{};
  /// Changes a body just before its container is made, such as for a place behind an edge.
  std::function<boost::json::object(boost::json::object)> reshape{};
};

/// The number of containers that create_candidates() makes where these stay.
int number_to_make(const Release&, const std::vector<PreviousContainer>& unchanged);

/// Creates (does not start) the release's containers under names of their own, beside those of `previous`.
/// Until settle the Engine does not restart them: one that dies is seen dead, and holds nothing up. Anonymous
/// volumes of the previous container go on to its successor, as with `docker compose up`.
void create_candidates(const Attempt&, const Release&, const ReleaseProject&, const Ownership&,
                       const std::vector<PreviousContainer>& previous, const CandidateRules&);

/// The body, with the volumes of the container before for the paths of `declared`, and for volumes that it
/// asks for without naming them.
boost::json::object with_volumes_of(boost::json::object body, const boost::json::object& previous,
                                    const std::vector<std::string>& declared);
/// The paths of all volumes of an inspected container.
std::vector<std::string> every_volume(const boost::json::object& inspection);

/// The services, each after those whose namespaces, volumes or links it uses.
std::vector<const ReleasedService*> in_order_of_creation(const Release&);
/// The services, each after those it depends on.
std::vector<const ReleasedService*> in_order_of_start(const Release&);

}  // namespace belay
