#include "runtime/unreleasable.hpp"

#include <array>

#include <fmt/core.h>

#include "runtime/compose_model.hpp"

namespace belay {

namespace {

struct Key {
  const char* name;
  const char* why;
  const char* remedy;
};

constexpr std::array keys{
    Key{"use_api_socket", "belay does not hand the server's Engine and its logins to a container",
        "mount /var/run/docker.sock into it, and give it a login of its own as a secret"},
    Key{"models",
        "Docker's model runner is a program of the server: a rollback would have no container to bring back",
        "give the service the model's address as a variable of its own"},
    Key{"provider", "a provider is a program of the server: a rollback would have no container to bring back",
        "leave that service out of services: in belay.yml, and start it there by hand"},
    Key{"pre_start", "belay does not run containers before a service's own containers",
        "do that work with migrate: in belay.yml, or in another service that this one depends_on, with "
        "condition: service_completed_successfully"}};

bool is_there(const boost::json::value* value) {
  if (value == nullptr || value->is_null()) return false;
  if (value->is_bool()) return value->get_bool();
  if (value->is_object()) return !value->get_object().empty();
  return !value->is_array() || !value->get_array().empty();
}

}  // namespace

std::vector<Obstacle> unreleasable_keys(const boost::json::object& model,
                                        const std::vector<std::string>& services) {
  std::vector<Obstacle> found;
  for (const auto& service : services)
    for (const auto& key : keys)
      if (is_there(service_in(model, service).if_contains(key.name)))
        found.push_back({"compose file",
                         fmt::format("service {} has {}: {}", service, key.name, key.why),
                         key.remedy,
                         {"services", service, key.name}});
  return found;
}

}  // namespace belay
