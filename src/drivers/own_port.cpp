#include "drivers/own_port.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "base/clock.hpp"
#include "model/json_parts.hpp"
#include "model/labels.hpp"

namespace belay {

namespace {

constexpr std::chrono::milliseconds one_look{250}, between_looks{10};

std::optional<int> number_in(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "127.0.0.1:3001->3000/tcp"; of the edge's label ":3001->3000/tcp".
std::optional<PublishedPort> published_from(const std::string& text) {
  const auto arrow = text.find("->");
  if (arrow == std::string::npos) return std::nullopt;
  const auto host = text.substr(0, arrow);
  auto inside = text.substr(arrow + 2);
  if (inside.ends_with("/tcp")) inside.resize(inside.size() - 4);
  const auto colon = host.rfind(':');
  const auto host_port = number_in(colon == std::string::npos ? host : host.substr(colon + 1));
  const auto port = number_in(inside);
  if (!host_port || !port) return std::nullopt;
  return PublishedPort{colon == std::string::npos ? std::string{} : host.substr(0, colon), *host_port, *port};
}

/// "every address" is asked at this machine's own.
std::string reached_at(const std::string& host_address) {
  if (host_address == "0.0.0.0") return "127.0.0.1";
  return host_address == "::" ? "::1" : host_address;
}

http::Listens at(const Endpoint& endpoint) {
  return http::listens(endpoint.address, endpoint.port, Deadline::in(one_look));
}

}  // namespace

std::vector<PublishedPort> published_ports(const docker::Inspection& inspection) {
  auto texts = inspection.published;
  const auto behind = inspection.container.labels.find(label::published);
  if (behind != inspection.container.labels.end()) {
    const auto ports = boost::json::parse(behind->second);
    for (const auto& port : ports.as_array()) texts.push_back(":" + std::string(port.as_string()));
  }
  std::vector<PublishedPort> found;
  for (const auto& text : texts)
    if (const auto one = published_from(text)) found.push_back(*one);
  return found;
}

OwnPort own_port(const docker::Inspection& inspection, int port) {
  OwnPort own{.port = port};
  for (const auto& [network, address] : inspection.addresses) own.at.push_back({address, port});
  for (const auto& [network, address] : inspection.ipv6_addresses) own.at.push_back({address, port});
  // In the host's own network the container's ports are the host's.
  if (text_at(object_at(inspection.raw, "HostConfig"), "NetworkMode") == "host")
    own.at.push_back({"127.0.0.1", port});
  for (const auto& published : published_ports(inspection))
    if (published.port == port && !published.host_address.empty())
      own.published_at.push_back({reached_at(published.host_address), published.host_port});
  return own;
}

http::Listens listening(const OwnPort& own) {
  auto best = http::Listens::unreachable;
  for (const auto& endpoint : own.at) {
    const auto found = at(endpoint);
    if (found == http::Listens::yes) return found;
    if (found == http::Listens::no) best = found;
  }
  if (best != http::Listens::unreachable) return best;
  for (const auto& endpoint : own.published_at)
    if (const auto found = at(endpoint); found != http::Listens::unreachable) return found;
  return best;
}

std::optional<Endpoint> accepting(const OwnPort& own) {
  for (const auto* const endpoints : {&own.at, &own.published_at})
    for (const auto& endpoint : *endpoints)
      if (at(endpoint) == http::Listens::yes) return endpoint;
  return std::nullopt;
}

bool all_listen(const std::vector<OwnPort>& ports) {
  return std::ranges::all_of(ports, [](const OwnPort& own) { return listening(own) != http::Listens::no; });
}

void wait_until_listening(const std::vector<OwnPort>& ports, std::chrono::milliseconds longest,
                          const std::function<bool()>& given_up) {
  const auto limit = Deadline::in(longest);
  while (!all_listen(ports) && !limit.expired() && !given_up()) pause(between_looks);
}

}  // namespace belay
