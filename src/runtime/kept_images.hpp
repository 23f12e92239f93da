#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "drivers/docker.hpp"
#include "model/release.hpp"

namespace belay {

/// An image of a kept release that the Engine has no longer: somebody removed it (`docker image prune -a`).
struct LostImage {
  std::string service, image;  // the name that belay kept it by
  std::string digest;          // by which a registry has it; empty: none does
};
std::vector<LostImage> lost_images(const docker::Engine&, const Release&);

/// What `releases` and `check` say of them: that the release cannot be gone back to, or that its images are
/// pulled for that. Empty: nothing is lost.
std::string said_of(const std::vector<LostImage>&);
/// The same for each of these releases that lost something, by its id.
std::map<std::string, std::string> what_is_lost(const docker::Engine&, const std::vector<Release>&);

/// Afterwards the release's images are on the Engine, under the names that belay kept them by. `pull` brings
/// a digest. Throws Error naming all that cannot be had again.
void bring_back_images(const docker::Engine&, const Release&,
                       const std::function<void(const LostImage&)>& pull,
                       const std::function<void(const std::string& line)>& say);

}  // namespace belay
