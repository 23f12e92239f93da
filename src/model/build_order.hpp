#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace belay {

/// `build: here`: what a host wants built where belay was started. The host writes it into a file of the
/// release's directory, not into the journal: arguments of a build may be secrets.
struct BuildOrder {
  std::string source;                 // the release's source on the host: paths in the model begin with it
  boost::json::object model;          // of compose, with nothing but what is built
  std::vector<std::string> services;  // those to be built
  std::vector<std::string> images;    // the names that they get
  std::string platform;               // of the host's Engine: linux/amd64
  std::vector<std::vector<std::string>> layers;  // diff ids of each image that the host has, lowest first
};
std::string build_order_to_text(const BuildOrder&);
/// Throws Error where it is none.
BuildOrder build_order_from_text(const std::string&);

}  // namespace belay
