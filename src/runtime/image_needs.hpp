#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "model/config.hpp"

namespace belay {

/// What the images of released services need before a release can be made of them, read from compose's
/// resolved model. Decides; does nothing.

struct ImageNeed {
  enum class From {
    build,    // its `build:`
    shared,   // the image that another released service builds
    pull,     // its registry, each time; what it has not, fails
    look,     // its registry is asked each time; if that is not possible, what is here is used
    refresh,  // its registry, once `older_than` has passed since the last time
    missing,  // its registry, if it is not here
    here      // never a registry
  };
  std::string service;
  std::string image;  // as operators and compose know it
  From from = From::missing;
  std::string shared_with;                 // shared: the service that builds it
  std::chrono::milliseconds older_than{};  // refresh
};

/// By compose's `pull_policy`, of services in this order. `build:` goes before it, as with `up --build`. With
/// `build: image` in belay.yml no service is built: what has a `build:` and no policy is pulled each time,
/// what else has a moving tag and no policy is looked for. Throws Error on a `pull_policy` this version does
/// not know.
std::vector<ImageNeed> image_needs(const boost::json::object& model, const std::vector<std::string>& services,
                                   BuildRule::At);

/// The project that compose pulls these from: their images and platforms, and nothing else of them.
boost::json::object pull_model(const boost::json::object& model, const std::vector<ImageNeed>&);

/// What `{commit}` and `{version}` in an image's name become.
struct ImageWords {
  std::string commit, version;  // empty: what is shipped has none
};
/// Puts them into the `image:` of every service. Throws Error naming the service where one is missing.
void replace_words(boost::json::object& model, const ImageWords&);
/// Whether the image's name holds one of them.
bool has_words(std::string_view image);

}  // namespace belay
