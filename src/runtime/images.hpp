#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "drivers/docker.hpp"
#include "model/release.hpp"
#include "runtime/image_needs.hpp"

namespace belay {

/// Bringing the images of a release here, and telling what came.

struct ImageWork {
  const docker::Engine& engine;
  /// compose's pull of one service; throws Error with its words.
  std::function<void(const std::string& service)> pull;
  std::function<void(const std::string& line)> say;
  /// When a service's registry was last asked; empty: never.
  std::function<std::optional<Time>(const std::string& service)> last_asked;
};

/// Pulls what has to be pulled, and says of each image what that brought. What is built (here: nothing, or by
/// compose) is passed over. Afterwards each image that is not built is on the Engine. Returns the services
/// whose registry was asked. Throws Error where an image is not to be had.
std::vector<std::string> bring_images(const ImageWork&, const std::vector<ImageNeed>&);

/// The registry's digest by which this image can be had again: `ghcr.io/shop/web@sha256:…`. Empty: it came
/// from no registry (built here, loaded).
/// `kept`: any name of the image that leads to it now.
std::string digest_of(const docker::Engine&, const std::string& image, const std::string& kept);

/// One line per service whose image is that of the release before: "nothing new: …". `ids`: by service.
std::vector<std::string> nothing_new(const std::map<std::string, std::string>& ids,
                                     const std::optional<Release>& before);

}  // namespace belay
