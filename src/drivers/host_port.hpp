#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belay {

/// A port of this host, as a container publishes it or a program listens on it.
struct HostPort {
  std::string address;  // empty or ::: all of the host's; 0.0.0.0: all those of IPv4
  int port = 0;
  std::string protocol = "tcp";  // or udp, sctp
};

/// Ports of which one will do, as of a range that is published.
using PortChoice = std::vector<HostPort>;

/// Whether one of them keeps the other from being opened.
bool collide(const HostPort&, const HostPort&);
/// Whether who has opened `wide` has `narrow`, too.
bool includes(const HostPort& wide, const HostPort& narrow);
/// "127.0.0.1:3001", "53/udp".
std::string shown(const HostPort&);

/// "3001/tcp" and "3001" → 3001; nothing for another protocol.
std::optional<int> tcp_port(std::string_view);

/// The ports that programs of this host listen on, from the text of one of Linux's tables (/proc/net/tcp and
/// its kin).
std::vector<HostPort> ports_in_table(const std::string& table, const std::string& protocol);
/// Those of all four tables. Empty where there is no /proc.
std::vector<HostPort> listening_ports();
/// The TCP ports, ascending, that programs beside that process listen on for others than themselves: in its
/// network, at another address than the loopback. Empty where /proc does not say.
std::vector<int> ports_open_beside(std::int64_t process);

}  // namespace belay
