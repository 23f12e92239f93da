#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "base/deadline.hpp"
#include "control/lifeline.hpp"
#include "control/session.hpp"
#include "model/build_order.hpp"
#include "model/config.hpp"

namespace belay {

/// `build: here`: images are built on this machine, for a host, and sent there without the layers that it
/// has. On this machine nothing is left of them but what the builder caches.
class BuildHere {
 public:
  struct Watched {
    std::function<void(const std::string& line)> line;  // the builder's own words
    std::function<void(std::uint64_t bytes, int percent)> progress;
  };
  /// `source`: the release's files.
  BuildHere(const EnvironmentConfig&, std::filesystem::path source, Watched);

  /// Builds what the order in `room` (a directory on the host) asks for, unless that is done, and sends it
  /// there. Says what was done. With `all_layers` those too that the host seemed to have.
  std::string send(Session&, const std::string& room, bool all_layers, std::stop_token, Deadline);

 private:
  void build(const BuildOrder&, const std::string& default_platform, std::stop_token, Deadline);
  /// Takes the images off this machine's Engine, into a directory.
  void save(const BuildOrder&, const std::filesystem::path&, std::stop_token, Deadline) const;
  std::filesystem::path shipped_source(std::stop_token, Deadline) const;

  const EnvironmentConfig& environment_;
  std::filesystem::path source_;
  Watched watched_;
  Lifeline life_;
};

/// What `build: here` needs of this machine is here: an Engine that answers, and compose. Throws Error{exit
/// code 2}. Says what there is: "Docker for linux/amd64, Compose 2.26.1".
std::string require_builder_here(std::stop_token);

}  // namespace belay
