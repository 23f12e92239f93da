#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace belay::haproxy {

/// HAProxy (2.4 or newer): the file it reads, and its runtime socket (docs.haproxy.org, management guide
/// §9.3).

/// One service's port. Containers stand in slots with names of their own: s1, s2, …
struct Backend {
  std::string name;
  int port = 0;
  bool http = true;                // else bytes
  std::vector<std::string> slots;  // the host in each; empty: free
};

/// Where requests arrive.
struct Listener {
  std::string name;
  int port = 0;
  bool http = true;
  std::string backend;
  /// Several services on one port: the host a request is for, and its backend.
  std::vector<std::pair<std::string, std::string>> by_host{};
  /// TLS ends here: file names in the directory that HAProxy has as /belay. Empty: plain.
  std::vector<std::string> certificates{};
};

struct Configuration {
  std::vector<Listener> listeners;
  std::vector<Backend> backends;
  std::chrono::milliseconds hold{};   // how long a request waits for somebody who accepts it
  std::chrono::milliseconds drain{};  // for the connections that a process has when another takes its place
  std::vector<std::string> proxy_protocol_from{};  // addresses whose connections begin with a PROXY header
};

/// The file; hosts are resolved by Docker's own name server. The same configuration gives the same text.
std::string text(const Configuration&);

/// Where HAProxy has a file of its directory, which it has as /belay.
std::string path_of(const std::string& name);
inline constexpr auto socket_name = "admin.sock";
/// An HTTP listener that tells where the host of a request is; HAProxy asks the name server at once for it,
/// and tells each slot of that host. By itself it gets round to a new name only when its timer does, within a
/// second.
inline constexpr auto names_socket_name = "names.sock";
/// The slot that refuses every connection, and gets what arrives while nobody else is open: a request that is
/// refused by the only one there is tries again after a pause, and so it waits.
inline constexpr auto hold_slot = "hold";
inline constexpr int full_weight = 100;

struct Server {
  enum class State { ready, drain, maintenance };  // maintenance: free
  std::string backend, slot, host, address;
  State state = State::maintenance;
  bool reachable = false;  // its host has an address
  int weight = 0;
  std::int64_t sessions = 0;                  // requests and tunnels under way
  std::int64_t rate = 0;                      // requests that began in the last second
  std::int64_t requests = 0, errors_5xx = 0;  // answered; of these with 5xx, or broken off
};

/// Backend, and the slot's name in it.
using Place = std::pair<std::string, std::string>;

/// The running HAProxy. Throws Error with its own words where it refuses, or does not answer within seconds.
class Runtime {
 public:
  explicit Runtime(std::filesystem::path socket);  // the one for names is beside it

  bool answers() const;
  std::vector<Server> servers() const;
  /// The same without what they were given: one question to it instead of two.
  std::vector<Server> placed() const;

  /// Gives slots to a host, all that it gets in one call: who was asked for is not asked for again within a
  /// second. Done when each has the address that the host has now, whoever stood in it before. Throws Error
  /// if the host is not found within seconds, or before the stop.
  void seat(const std::vector<Place>&, const std::string& host, std::stop_token stop = {}) const;
  void open(const std::string& backend, const std::string& slot, int weight) const;
  void drain(const std::string& backend, const std::string& slot) const;
  void close(const std::string& backend, const std::string& slot) const;
  /// False: it does not know a certificate of that name. New connections get the new one, nobody is cut off.
  bool replace_certificate(const std::string& name, const std::string& pem) const;

 private:
  std::string ask(const std::string& command) const;
  std::string address_of(const std::string& host) const;
  bool stand_at(const std::vector<Place>&, const std::string& address) const;
  void tell(const std::string& command) const;
  void set(const std::string& backend, const std::string& slot, const std::string& what) const;

  std::filesystem::path socket_;
};

}  // namespace belay::haproxy
