#include "host/edge_status.hpp"

#include <fmt/core.h>

#include "drivers/haproxy.hpp"
#include "steps/context.hpp"
#include "steps/edge_container.hpp"

namespace belay {

namespace {

/// The name of the container that the edge knows by this host.
std::string container_known_as(const docker::Engine& engine, const std::string& host) {
  const auto found = engine.containers({fmt::format("{}={}", label::host, host)});
  return found.empty() ? host : found.front().name;
}

std::string shown_state(const haproxy::Server& server) {
  if (server.state == haproxy::Server::State::drain) return "draining";
  return server.reachable ? "open" : "unreachable";
}

}  // namespace

std::vector<docker::Container> edges_there(const Layout& layout, const docker::Engine& engine) {
  return engine.containers({fmt::format("{}=edge", label::role),
                            "com.docker.compose.project.working_dir=" + layout.live.string()});
}

std::vector<EdgeSlot> edge_slots(const Layout& layout, const docker::Engine& engine,
                                 const docker::Container& edge) {
  const haproxy::Runtime runtime(edge_directory(layout, edge) / haproxy::socket_name);
  std::vector<EdgeSlot> slots;
  if (!runtime.answers()) return slots;
  for (const auto& server : runtime.servers()) {
    if (server.state == haproxy::Server::State::maintenance) continue;
    slots.push_back(
        {.backend = server.backend,
         .container = server.slot == haproxy::hold_slot ? "(held)" : container_known_as(engine, server.host),
         .state = shown_state(server),
         .weight = server.weight,
         .sessions = server.sessions,
         .rate = server.rate,
         .requests = server.requests,
         .errors_5xx = server.errors_5xx});
  }
  return slots;
}

}  // namespace belay
