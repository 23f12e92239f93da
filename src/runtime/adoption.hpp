#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "model/release.hpp"
#include "runtime/attempt.hpp"

namespace belay {

/// Whether a container was made from this release's service: the configuration compose hashed and the image
/// are the same. Of a container that belay found (an adopted release) the create body decides.
bool runs_as(const ReleasedService&, const docker::Inspection&);

/// The hash that compose gives a service which joins others' containers, with those that run now.
using HashNow = std::function<std::string(const ReleasedService&)>;

/// Whether compose makes a service anew along with one that it depends on without `restart: true`.
using Follows = std::function<bool(const Dependency&)>;

/// The services of `release` whose containers all run as it wants them, be they more or fewer, and that
/// neither join nor follow a container which is made anew. They are left alone, as `docker compose up` leaves
/// them.
std::vector<std::string> unchanged_services_of(const Attempt&, const Release&,
                                               const std::vector<PreviousContainer>&, const HashNow&,
                                               const Follows&);

/// The containers of those services that stay: of more than the release wants, those with the low numbers.
std::vector<PreviousContainer> containers_that_stay(const Release&,
                                                    const std::vector<PreviousContainer>& previous,
                                                    const std::vector<std::string>& unchanged);

/// Whether a container is part of what is found to serve: it runs, or it has done its work and ended well.
bool is_part_of_what_serves(const docker::Inspection&);

/// Whether the service has to have a container: one whose work may be done is removed by `docker container
/// prune`.
bool goes_on_for_ever(const ReleasedService&);

/// Freezes what runs although belay did not deploy it (or somebody changed it since): a release to go back
/// to. Its id sorts before this attempt's. Tags its images; the caller keeps its files and saves it. `model`
/// has the names that the images have in the compose file.
Release adopted_release(const Attempt&, const Author&, const boost::json::object& model,
                        const std::vector<PreviousContainer>& found);

/// Adds to an adopted release what its containers do not show: the configs and secrets that are no files,
/// whose text compose writes into a container when it makes it, and the commands after a start. `values`
/// gives what variables have for compose.
void add_what_is_not_shown(
    Release&, const boost::json::object& model,
    const std::function<std::map<std::string, std::string>(const std::set<std::string>&)>& values);

}  // namespace belay
