#pragma once

#include "model/host_facts.hpp"
#include "model/json_archive.hpp"

namespace belay {

void fields(auto& archive, Is<RunningContainer> auto& container) {
  archive("service", container.service);
  archive.required("name", container.name);
  archive("id", container.id);
  archive("image", container.image);
  archive("state", container.state);
  archive("release", container.release);
  archive("started", container.started);
  archive("restarts", container.restarts);
  archive("health", container.health);
}

}  // namespace belay
