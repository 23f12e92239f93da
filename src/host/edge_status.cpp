#include "host/edge_status.hpp"

#include <algorithm>
#include <iostream>
#include <iterator>

#include <fmt/core.h>

#include "base/error.hpp"
#include "drivers/haproxy.hpp"
#include "edge/certificates.hpp"
#include "edge/container.hpp"
#include "host/arguments.hpp"
#include "host/commands.hpp"
#include "model/labels.hpp"

namespace belay {

namespace {

/// The container that the edge knows by this host; without a state if there is none.
docker::Container container_known_as(const docker::Engine& engine, const std::string& host) {
  auto found = engine.containers({fmt::format("{}={}", label::host, host)});
  if (!found.empty()) return std::move(found.front());
  docker::Container unknown;
  unknown.name = host;
  return unknown;
}

}  // namespace

std::string slot_state(const haproxy::Server& server, const std::string& container_state) {
  if (!container_state.empty() && container_state != "running") return container_state;
  if (server.state == haproxy::Server::State::drain) return "draining";
  return server.reachable ? "open" : "unreachable";
}

std::vector<docker::Container> edges_there(const Layout& layout, const docker::Engine& engine) {
  return engine.containers({fmt::format("{}=edge", label::role),
                            fmt::format("{}={}", compose_label::directory, layout.live.string())});
}

std::vector<EdgeCertificate> reload_certificates(const Layout& layout) {
  std::vector<EdgeCertificate> all;
  for (const auto& edge : edges_there(layout, docker::Engine::connect()))
    std::ranges::move(reload_certificates(layout, edge), std::back_inserter(all));
  if (all.empty())
    throw Error("no edge of " + layout.live.string() + " ends TLS", "there are no certificates to reload",
                "set `edge.tls` in belay.yml and deploy", ExitCode::bad_input);
  return all;
}

int host_reload(std::span<const std::string> arguments) {
  for (const auto& certificate : reload_certificates(host_arguments(arguments).layout()))
    std::cout << reloaded_text(certificate) << "\n";
  return 0;
}

std::vector<EdgeSlot> edge_slots(const Layout& layout, const docker::Engine& engine,
                                 const docker::Container& edge) {
  const auto runtime = runtime_of(layout, edge);
  std::vector<EdgeSlot> slots;
  if (!runtime.answers()) return slots;
  for (const auto& server : runtime.servers()) {
    if (server.state == haproxy::Server::State::maintenance) continue;
    const bool holds = server.slot == haproxy::hold_slot;
    if (holds && server.sessions == 0) continue;
    const auto container = holds ? docker::Container{} : container_known_as(engine, server.host);
    slots.push_back({.backend = server.backend,
                     .container = holds ? "(held)" : container.name,
                     .state = slot_state(server, container.state),
                     .weight = server.weight,
                     .sessions = server.sessions,
                     .rate = server.rate,
                     .requests = server.requests,
                     .errors_5xx = server.errors_5xx});
  }
  return slots;
}

}  // namespace belay
