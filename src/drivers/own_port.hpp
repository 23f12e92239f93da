#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "drivers/docker.hpp"
#include "drivers/http.hpp"

namespace belay {

/// A container's own ports, as the host reaches them past any proxy.

struct Endpoint {
  std::string address;
  int port = 0;
};

struct OwnPort {
  int port = 0;  // inside the container
  /// Each of the container's addresses, IPv4 first. Where no network of it leads to the host (rootless
  /// Docker, macvlan), what the host publishes it as is the last way.
  std::vector<Endpoint> at{}, published_at{};
};

/// A port that the container publishes, or that the edge publishes in its place.
struct PublishedPort {
  std::string host_address;  // empty where the edge publishes it
  int host_port = 0;
  int port = 0;  // inside the container
};
/// TCP only.
std::vector<PublishedPort> published_ports(const docker::Inspection&);

OwnPort own_port(const docker::Inspection&, int port);

/// yes: something accepts at one of its addresses. unreachable: no address answers at all.
http::Listens listening(const OwnPort&);
/// Where to ask it: the first address that accepts.
std::optional<Endpoint> accepting(const OwnPort&);

/// Whether each of them listens, or cannot be reached from here.
bool all_listen(const std::vector<OwnPort>&);

/// Waits until all_listen, or `given_up`; `longest` at the most.
void wait_until_listening(const std::vector<OwnPort>&, std::chrono::milliseconds longest,
                          const std::function<bool()>& given_up);

}  // namespace belay
