#include "edge/table.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "model/labels.hpp"

namespace belay {

namespace {

using haproxy::Server;

std::string label_of(const docker::Container& container, const char* name) {
  const auto found = container.labels.find(name);
  return found == container.labels.end() ? std::string{} : found->second;
}

bool is_free(const Server& server) {
  return server.state == Server::State::maintenance && server.slot != haproxy::hold_slot;
}

bool is_of(const Server& server, const std::vector<docker::Container>& containers) {
  return !is_free(server) && std::ranges::any_of(containers, [&](const docker::Container& container) {
    return label_of(container, label::host) == server.host;
  });
}

/// The one that it has, open or closed: HAProxy follows its name anyway, and gives an address to one slot
/// only of those that have the same name. Else a free one.
const Server& slot_for(const docker::Container& container, const std::string& backend,
                       const std::vector<Server>& servers) {
  const auto host = label_of(container, label::host);
  auto slot = std::ranges::find_if(
      servers, [&](const Server& server) { return server.backend == backend && server.host == host; });
  if (slot == servers.end())
    slot = std::ranges::find_if(
        servers, [&](const Server& server) { return server.backend == backend && is_free(server); });
  if (slot == servers.end())
    throw Error("the edge has no free slot for " + container.name, "backend " + backend + " is full",
                "restart the edge: it comes up with the current release alone");
  return *slot;
}

}  // namespace

EdgeView::EdgeView(std::vector<Server> servers) : servers_(std::move(servers)) {}

EdgeView::Counters EdgeView::counters(const std::vector<docker::Container>& containers) const {
  Counters sum;
  for (const auto& server : servers_)
    if (is_of(server, containers)) {
      sum.requests += server.requests;
      sum.errors += server.errors_5xx;
    }
  return sum;
}

std::int64_t EdgeView::sessions(const std::vector<docker::Container>& containers) const {
  std::int64_t sessions = 0;
  for (const auto& server : servers_)
    if (is_of(server, containers)) sessions += server.sessions;
  return sessions;
}

std::vector<std::pair<std::string, std::string>> EdgeView::slots_of(
    const std::vector<docker::Container>& containers) const {
  std::vector<std::pair<std::string, std::string>> slots;
  for (const auto& server : servers_)
    if (is_of(server, containers)) slots.emplace_back(server.backend, server.slot);
  return slots;
}

EdgeTable::EdgeTable(haproxy::Runtime runtime, EdgeShape shape)
    : runtime_(std::move(runtime)), shape_(std::move(shape)) {}

void EdgeTable::open(const docker::Container& container, int weight, std::stop_token stop) const {
  const auto host = label_of(container, label::host);
  const auto servers = runtime_.placed();
  std::vector<haproxy::Place> places, fresh;
  for (const auto* backend : backends_of(shape_, label_of(container, compose_label::service))) {
    const auto& slot = slot_for(container, backend->name, servers);
    places.emplace_back(slot.backend, slot.slot);
    if (slot.host != host) fresh.push_back(places.back());
  }
  if (!fresh.empty()) runtime_.seat(fresh, host, stop);
  for (const auto& [backend, slot] : places) runtime_.open(backend, slot, weight);
}

std::vector<Server> EdgeTable::seats_of(const docker::Container& container) const {
  auto servers = runtime_.placed();
  std::erase_if(servers, [&](const Server& server) { return !is_of(server, {container}); });
  return servers;
}

void EdgeTable::drain(const docker::Container& container) const {
  for (const auto& seat : seats_of(container)) runtime_.drain(seat.backend, seat.slot);
}

void EdgeTable::close(const docker::Container& container) const {
  for (const auto& seat : seats_of(container)) runtime_.close(seat.backend, seat.slot);
}

EdgeView EdgeTable::look() const {
  return EdgeView(runtime_.servers());
}

std::vector<haproxy::Backend> EdgeTable::seated(const std::vector<docker::Container>& open) const {
  auto backends = shape_.backends;
  const auto servers = runtime_.placed();
  for (auto& backend : backends) {
    std::vector<std::string> slots;
    for (const auto& server : servers) {
      if (server.backend != backend.name || server.slot == haproxy::hold_slot) continue;
      slots.push_back(is_of(server, open) ? server.host : std::string{});
    }
    slots.resize(std::max(slots.size(), backend.slots.size()));
    backend.slots = std::move(slots);
  }
  return backends;
}

}  // namespace belay
