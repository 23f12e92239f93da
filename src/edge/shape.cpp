#include "edge/shape.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "drivers/host_port.hpp"
#include "model/labels.hpp"

namespace belay {

namespace json = boost::json;

namespace {

constexpr std::size_t least_slots = 4;
constexpr int first_free_port = 20000;

const json::object* object_in(const json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  return found && found->is_object() ? &found->get_object() : nullptr;
}

struct ServicePorts {
  std::set<int> targets;
  std::map<int, json::array> published;  // target → the Engine's bindings
  std::set<int> bytes;                   // targets that are published and are not HTTP's

  bool are_http(int target) const { return published.contains(target) && !bytes.contains(target); }
};

bool is_published_as(const json::value& binding, int port) {
  const auto* outside = binding.is_object() ? binding.get_object().if_contains("HostPort") : nullptr;
  return outside && outside->is_string() && outside->get_string() == std::to_string(port);
}

bool is_published_as_one_of(const json::array& bindings, const std::vector<int>& ports) {
  return std::ranges::any_of(bindings, [&](const json::value& binding) {
    return std::ranges::any_of(ports, [&](int port) { return is_published_as(binding, port); });
  });
}

ServicePorts ports_of(const ReleasedService& service, const std::vector<int>& tcp) {
  ServicePorts ports;
  if (service.containers.empty()) return ports;  // replicas: 0
  const auto& body = service.containers.front();
  if (const auto* exposed = object_in(body, "ExposedPorts"))
    for (const auto& entry : *exposed)
      if (const auto port = tcp_port(entry.key())) ports.targets.insert(*port);
  const auto* host = object_in(body, "HostConfig");
  const auto* bindings = host ? object_in(*host, "PortBindings") : nullptr;
  if (!bindings) return ports;
  for (const auto& [key, list] : *bindings) {
    const auto port = tcp_port(key);
    if (!port && list.is_array() && !list.get_array().empty())
      throw Error(fmt::format("the edge cannot stand in front of service {}", service.name),
                  fmt::format("it publishes {}, and HAProxy passes on TCP", std::string(key)),
                  "let another service publish that port, or write edge: off and strategy: recreate");
    if (!port || !list.is_array() || list.get_array().empty()) continue;
    ports.targets.insert(*port);
    ports.published.emplace(*port, list.get_array());
    if (is_published_as_one_of(list.get_array(), tcp)) ports.bytes.insert(*port);
  }
  return ports;
}

const json::object& endpoints_of(const ReleasedService& service) {
  const auto* networking = object_in(service.containers.front(), "NetworkingConfig");
  const auto* endpoints = networking ? object_in(*networking, "EndpointsConfig") : nullptr;
  if (!endpoints || endpoints->empty())
    throw Error(fmt::format("the edge cannot stand in front of service {}", service.name),
                "it has no network of its own (network_mode)",
                "give it a compose network, or write edge: off and strategy: recreate");
  return *endpoints;
}

/// The edge answers to the names that the service answered to, save for its containers' own.
void add_aliases(json::object& into, const ReleasedService& service) {
  if (service.containers.empty()) return;
  for (const auto& [network, settings] : endpoints_of(service)) {
    auto& endpoint = into[network];
    if (!endpoint.is_object()) endpoint = json::object{{"Aliases", json::array{}}};
    auto& aliases = endpoint.get_object().at("Aliases").get_array();
    const auto* given = settings.is_object() ? settings.get_object().if_contains("Aliases") : nullptr;
    if (!given || !given->is_array()) continue;
    for (const auto& alias : given->get_array()) {
      const std::string name(alias.as_string());
      const bool own = std::ranges::find(service.container_names, name) != service.container_names.end();
      if (!own && std::ranges::find(aliases, alias) == aliases.end()) aliases.push_back(alias);
    }
  }
}

std::string backend_name(const std::string& service, int port) {
  return fmt::format("{}_{}", service, port);
}

struct Draft {
  EdgeShape shape;
  std::map<int, std::vector<std::string>> inside;  // port → the services that listen there
  std::map<std::string, ServicePorts> ports;
};

/// Inside the network every service keeps its port: services that share one are told apart by the name they
/// are called by.
void add_inner_listener(Draft& draft, int port, const std::vector<std::string>& services) {
  haproxy::Listener listener{.name = fmt::format("inside_{}", port), .port = port};
  listener.backend = backend_name(services.front(), port);
  // What nobody publishes may be no HTTP at all.
  listener.http = std::ranges::any_of(
      services, [&](const std::string& service) { return draft.ports.at(service).are_http(port); });
  if (services.size() > 1) {
    for (const auto& service : services)
      if (draft.ports.at(service).bytes.contains(port))
        throw Error(
            fmt::format("the edge cannot tell the services {} apart", fmt::join(services, ", ")),
            fmt::format("all of them listen on port {} inside, and only HTTP names the service that a "
                        "request is for; edge.tcp makes it no HTTP for {}",
                        port, service),
            fmt::format("let {} listen on a port of its own", service));
    listener.http = true;
    for (const auto& service : services) listener.by_host.emplace_back(service, backend_name(service, port));
  }
  draft.shape.listeners.push_back(std::move(listener));
}

/// A listener of its own, on a port that nobody inside the network calls.
int add_outer_listener(Draft& draft, const std::string& service, int target,
                       std::vector<std::string> certificates = {}) {
  int port = first_free_port;
  while (draft.inside.contains(port) ||
         std::ranges::find(draft.shape.listeners, port, &haproxy::Listener::port) !=
             draft.shape.listeners.end())
    ++port;
  draft.shape.listeners.push_back(
      {.name = fmt::format("{}_{}_{}", certificates.empty() ? "outside" : "tls", service, target),
       .port = port,
       .backend = backend_name(service, target),
       .certificates = std::move(certificates)});
  return port;
}

/// From outside a port is one service's alone: where it shares the inner one, or TLS ends there, it gets a
/// listener of its own.
void publish(Draft& draft, const std::string& service, int target, json::array bindings,
             const std::optional<TlsConfig>& tls) {
  json::array encrypted;
  for (auto* binding = bindings.begin(); tls && binding != bindings.end();) {
    if (!is_published_as(*binding, tls->port)) {
      ++binding;
      continue;
    }
    encrypted.push_back(*binding);
    binding = bindings.erase(binding);
  }
  auto& published = draft.shape.port_bindings;
  if (!encrypted.empty() && draft.ports.at(service).bytes.contains(target))
    throw Error(
        fmt::format("port {} of service {} is to be HTTP and no HTTP", target, service),
        fmt::format("the service publishes it as {}, where edge.tls ends TLS, and as a port of edge.tcp",
                    tls->port),
        "leave the port out of edge.tcp");
  if (!encrypted.empty())
    published[fmt::format("{}/tcp", add_outer_listener(draft, service, target, certificate_names(*tls)))] =
        std::move(encrypted);
  if (bindings.empty()) return;
  const bool alone = draft.inside.at(target).size() == 1;
  published[fmt::format("{}/tcp", alone ? target : add_outer_listener(draft, service, target))] =
      std::move(bindings);
}

bool ends_tls(const EdgeShape& shape) {
  return std::ranges::any_of(
      shape.listeners, [](const haproxy::Listener& listener) { return !listener.certificates.empty(); });
}

bool is_http(const Draft& draft, const std::string& backend) {
  return std::ranges::any_of(draft.shape.listeners, [&](const haproxy::Listener& listener) {
    return listener.http && (listener.backend == backend ||
                             std::ranges::any_of(listener.by_host,
                                                 [&](const auto& route) { return route.second == backend; }));
  });
}

}  // namespace

EdgeShape edge_shape(const Release& release, const EdgeConfig& config) {
  Draft draft;
  for (const auto& service : release.services) {
    auto ports = ports_of(service, config.tcp);
    for (const int port : ports.targets) draft.inside[port].push_back(service.name);
    draft.ports.emplace(service.name, std::move(ports));
    add_aliases(draft.shape.endpoints, service);
  }
  draft.shape.project = project_of(release);
  if (draft.inside.empty())
    throw Error(
        "there is no port for an edge to own", "no released service publishes or exposes a TCP port",
        "release the service that publishes one as well (services: in belay.yml), give yours an expose: in "
        "the compose file, or write edge: off and strategy: recreate");
  for (const auto& [port, services] : draft.inside) add_inner_listener(draft, port, services);
  for (const auto& service : release.services) {
    const auto& ports = draft.ports.at(service.name);
    for (const auto& [target, bindings] : ports.published)
      publish(draft, service.name, target, bindings, config.tls);
    for (const int port : ports.targets) {
      const auto name = backend_name(service.name, port);
      draft.shape.backends.push_back(
          {.name = name,
           .port = port,
           .http = is_http(draft, name),
           .slots = std::vector<std::string>(std::max(least_slots, 2 * service.containers.size()))});
    }
  }
  if (config.tls && !ends_tls(draft.shape))
    throw Error(fmt::format("no service publishes port {}, where TLS is to end", config.tls->port),
                "the edge owns the ports that the compose file publishes, and no others",
                "publish it there (such as \"443:3000\"), or correct edge: { tls: { port: … } }");
  return std::move(draft.shape);
}

std::vector<std::string> certificate_names(const TlsConfig& tls) {
  std::vector<std::string> names;
  names.reserve(tls.certificates.size());
  for (std::size_t i = 0; i < tls.certificates.size(); ++i)
    names.push_back(fmt::format("certificate-{}.pem", i + 1));
  return names;
}

std::vector<const haproxy::Backend*> backends_of(const EdgeShape& shape, const std::string& service) {
  std::vector<const haproxy::Backend*> found;
  for (const auto& backend : shape.backends)
    if (backend.name == backend_name(service, backend.port)) found.push_back(&backend);
  return found;
}

json::object edge_body(const EdgeShape& shape, const EdgeConfig& edge, const std::string& directory) {
  json::object exposed;
  for (const auto& listener : shape.listeners) exposed[fmt::format("{}/tcp", listener.port)] = json::object{};
  json::object labels{{compose_label::project, shape.project},
                      {compose_label::service, edge_service},
                      {compose_label::oneoff, "False"},
                      {compose_label::number, "1"},
                      {label::role, "edge"}};
  json::object host{{"PortBindings", shape.port_bindings},
                    {"Binds", json::array{directory + ":/belay"}},
                    {"NetworkMode", shape.endpoints.begin()->key()},
                    {"RestartPolicy", json::object{{"Name", "unless-stopped"}}},
                    {"CapDrop", json::array{"ALL"}},
                    {"CapAdd", json::array{"NET_BIND_SERVICE"}},
                    {"SecurityOpt", json::array{"no-new-privileges"}},
                    {"ReadonlyRootfs", true}};
  return {{"Image", edge.image},
          {"Entrypoint", json::array{}},
          {"Cmd", json::array{"haproxy", "-W", "-db", "-f", haproxy::path_of("haproxy.cfg")}},
          {"User", "0:0"},
          {"WorkingDir", "/"},
          {"StopTimeout", 2},
          {"StopSignal", "SIGUSR1"},  // HAProxy's own: first ends what it is at
          {"Labels", std::move(labels)},
          {"ExposedPorts", std::move(exposed)},
          {"HostConfig", std::move(host)},
          {"NetworkingConfig", json::object{{"EndpointsConfig", shape.endpoints}}}};
}

json::object behind_edge(json::object body, const std::string& host) {
  json::array would_publish;
  if (auto* config = body.if_contains("HostConfig"); config && config->is_object()) {
    if (const auto* bindings = object_in(config->get_object(), "PortBindings"))
      for (const auto& [target, list] : *bindings)
        for (const auto& binding : list.as_array())
          would_publish.push_back(json::string(
              fmt::format("{}->{}", std::string(binding.at("HostPort").as_string()), std::string(target))));
    config->get_object().erase("PortBindings");
    config->get_object()["PublishAllPorts"] = false;
  }
  auto& labels = body["Labels"];
  if (!labels.is_object()) labels = json::object{};
  labels.get_object()[label::host] = host;
  labels.get_object()[label::published] = json::serialize(would_publish);
  if (auto* networking = body.if_contains("NetworkingConfig"); networking && networking->is_object())
    for (auto& [network, settings] : networking->get_object().at("EndpointsConfig").get_object()) {
      if (!settings.is_object()) settings = json::object{};
      settings.get_object()["Aliases"] = json::array{json::string(host)};
    }
  return body;
}

std::string edge_host(const std::string& nonce, std::size_t number) {
  return fmt::format("belay-{}-{}", nonce, number);
}

}  // namespace belay
