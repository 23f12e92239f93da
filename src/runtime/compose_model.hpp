#pragma once

#include <filesystem>
#include <string>

#include <boost/json/object.hpp>

#include "model/labels.hpp"

namespace belay {

/// The resolved compose model of a release, as text transformations: what is built, created and frozen comes
/// from the release's own directory, what is live (.env, uploads) from the live directory.

/// A service's image as operators and compose know it: its `image:`, or compose's default name.
std::string live_image_of(const boost::json::object& model, const std::string& service);
/// The tag that keeps a release's image: the same repository, tagged with the release's id.
std::string frozen_image(const std::string& live_image, const std::string& release);
/// The names a service's containers will have when settled, one per replica.
std::vector<std::string> container_names_of(const boost::json::object& model, const std::string& service);

/// The name of a candidate's container until settle gives it the one operators know.
std::string candidate_name(const std::string& final_name, const std::string& nonce);

/// What the services' containers may write to below the live directory, relative to it: theirs alone, never
/// part of a release.
std::vector<std::string> written_directories(const boost::json::object& model,
                                             const std::vector<std::string>& services,
                                             const std::filesystem::path& live);

/// The model to build and create candidates from: paths of shipped files point into `source` (save for
/// directories that containers may write to: uploads must outlive the release), images carry
/// the release's tag, fixed names are taken out (the running container has them), and each released service
/// carries the nonce.
boost::json::object candidate_model(boost::json::object model, const std::vector<std::string>& services,
                                    const std::filesystem::path& live, const std::filesystem::path& source,
                                    const std::string& release, const std::string& nonce);

}  // namespace belay
