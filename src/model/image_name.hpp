#pragma once

#include <string>
#include <string_view>

namespace belay {

/// An image's reference taken apart, as Docker's own rules read it: `nginx` is
/// docker.io/library/nginx:latest.
struct ImageName {
  std::string registry;    // docker.io, ghcr.io, localhost:5000
  std::string repository;  // below the registry: library/nginx
  std::string tag;         // latest where neither tag nor digest is written
  std::string digest;      // sha256:…; empty: none

  /// By a digest it names one image for ever; by a tag, what the registry gives that day.
  bool moving() const { return digest.empty(); }
  bool operator==(const ImageName&) const = default;
};

ImageName image_name(std::string_view reference);

}  // namespace belay
