#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "drivers/haproxy.hpp"

namespace belay::haproxy {

namespace {

/// After a connection that failed HAProxy waits as long as a connection may take, then tries again.
constexpr auto between_tries = std::chrono::milliseconds(200);

constexpr auto nobody = "nobody.belay.invalid";

// A name that does not resolve for a moment (its container restarts) keeps its address: connections to it are
// tried again anyway.
constexpr auto common = R"(# Written by belay, and replaced whole: what is changed here by hand is lost.
global
  stats socket /belay/admin.sock mode 600 level admin expose-fd listeners
  log /belay/log.sock len 256 format raw local0 info
  hard-stop-after {drain}ms
{tls}
resolvers docker
  nameserver docker 127.0.0.11:53
  accepted_payload_size 8192
  resolve_retries 2
  timeout resolve 1s
  timeout retry 1s
  hold valid 1s
  hold obsolete 1s
  hold nx 30s
  hold other 30s
  hold refused 30s
  hold timeout 30s

defaults
  timeout connect {connect}ms
  timeout client 1h
  timeout server 1h
  timeout tunnel 24h
  timeout http-request 1m
  timeout http-keep-alive 1m
  timeout queue {hold}ms
  retries {retries}
  option redispatch 1
)";

// See names_socket_name. Empty: no name server knows the host.
constexpr auto names_listener = R"(
frontend names
  mode http
  bind unix@/belay/names.sock mode 600
  http-request do-resolve(txn.address,docker) req.hdr(host)
  http-request return status 200 content-type text/plain lf-string %[var(txn.address)]
)";

// A certificate with its chain is sent through the runtime socket in one buffer.
constexpr auto for_tls = R"(  tune.bufsize 32768
  tune.ssl.default-dh-param 2048
  ssl-default-bind-options ssl-min-ver TLSv1.2
)";

// Who reads the file anew does not close a connection on which a request may be under way to it.
constexpr auto http_listener = R"(  option forwardfor
  option idle-close-on-response
  log global
  log-format "%b %s %Tr"
)";

std::string bind_text(const Listener& listener) {
  auto text = fmt::format("  bind :{}", listener.port);
  if (listener.certificates.empty()) return text + "\n";
  text += " ssl";
  for (const auto& name : listener.certificates) text += " crt " + path_of(name);
  return text + " alpn h2,http/1.1\n  http-request set-header X-Forwarded-Proto https\n";
}

std::string listener_text(const Listener& listener, const std::vector<std::string>& proxies) {
  auto text = fmt::format("\nfrontend {}\n  mode {}\n", listener.name, listener.http ? "http" : "tcp");
  text += bind_text(listener);
  if (!proxies.empty())
    text += fmt::format("  tcp-request connection expect-proxy layer4 if {{ src {} }}\n",
                        fmt::join(proxies, " "));
  if (listener.http) text += http_listener;
  for (const auto& [host, backend] : listener.by_host)
    text += fmt::format("  use_backend {} if {{ req.hdr(host),field(1,:) -i {} }}\n", backend, host);
  return text + fmt::format("  default_backend {}\n", listener.backend);
}

// http-server-close: a connection that the app closes while idle is never one that a request is sent on.
constexpr auto http_rules = R"(  option http-server-close
  retry-on conn-failure empty-response
  http-request disable-l7-retry if !{ method GET HEAD OPTIONS }
)";

std::string backend_text(const Backend& backend) {
  auto text = fmt::format("\nbackend {}\n  mode {}\n  balance roundrobin\n", backend.name,
                          backend.http ? "http" : "tcp");
  if (backend.http) text += http_rules;
  text += fmt::format("  server {} 127.0.0.1:1 backup\n", hold_slot);
  for (std::size_t i = 0; i < backend.slots.size(); ++i) {
    const auto& host = backend.slots[i];
    // At its start it asks for a host's address at once; that of nobody is not asked for.
    text += fmt::format("  server s{} {}:{} weight {} resolvers docker init-addr {}\n", i + 1,
                        host.empty() ? nobody : host, backend.port, full_weight,
                        host.empty() ? "none disabled" : "libc,none");
  }
  return text;
}

}  // namespace

std::string path_of(const std::string& name) {
  return "/belay/" + name;
}

std::string text(const Configuration& configuration) {
  const auto retries = std::max<std::int64_t>(3, configuration.hold / between_tries);
  const bool tls = std::ranges::any_of(
      configuration.listeners, [](const Listener& listener) { return !listener.certificates.empty(); });
  auto text = fmt::format(fmt::runtime(common), fmt::arg("connect", between_tries.count()),
                          fmt::arg("hold", configuration.hold.count()),
                          fmt::arg("drain", configuration.drain.count()), fmt::arg("retries", retries),
                          fmt::arg("tls", tls ? for_tls : ""));
  text += names_listener;
  for (const auto& listener : configuration.listeners)
    text += listener_text(listener, configuration.proxy_protocol_from);
  for (const auto& backend : configuration.backends) text += backend_text(backend);
  return text;
}

}  // namespace belay::haproxy
