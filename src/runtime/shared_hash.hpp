#pragma once

#include <string>
#include <vector>

#include "model/release.hpp"
#include "runtime/attempt.hpp"
#include "runtime/ownership.hpp"
#include "runtime/release_project.hpp"
#include "runtime/shared.hpp"

namespace belay {

/// What runs of a service, in the order of the containers' numbers.
std::vector<SharedContainer> running_to_share(const Ownership&, const std::string& service);

/// Whether each service whose container this one joins, or takes volumes of, has one.
bool all_to_share_are_there(const ReleasedService&, const FindShared& find);

/// Compose hashes a service with the ids of the containers that it joins or takes volumes of: asked of
/// compose anew with those that `find` gives. Empty: it joins none.
std::string hash_with_shared(const Attempt&, const Release&, const ReleaseProject&, const Ownership&,
                             const ReleasedService&, const FindShared& find);

}  // namespace belay
