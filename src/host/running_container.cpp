#include "host/running_container.hpp"

#include "model/labels.hpp"
#include "runtime/attempt.hpp"

namespace belay {

RunningContainer running_container(const docker::Inspection& inspection, const std::string& service) {
  const auto& container = inspection.container;
  return {.service = service,
          .name = container.name,
          .id = container.id,
          .image = container.image,
          .state = container.state,
          .release = label_of(container, label::release),
          .started = inspection.started,
          .restarts = inspection.restarts,
          .health = inspection.health};
}

}  // namespace belay
