#include "drivers/host_port.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <set>
#include <sstream>

#include <arpa/inet.h>
#include <fmt/core.h>

#include "base/files.hpp"

namespace belay {

namespace {

bool is_every_address(const std::string& address) {
  return address.empty() || address == "0.0.0.0" || address == "::";
}

/// Whether a listener on `wide` has `address`, too. One on `::` has the addresses of IPv4 as well, unless its
/// program asked for those of IPv6 alone, which is not to be seen.
bool covers(const std::string& wide, const std::string& address) {
  const bool is_ipv6_alone = address.contains(':') && address != "::";
  return is_every_address(wide) && !(wide == "0.0.0.0" && is_ipv6_alone);
}

std::optional<std::uint32_t> hexadecimal(std::string_view digits) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// The kernel writes each 32 bits of an address as a number of the machine's own byte order.
std::optional<std::string> address_from(std::string_view digits) {
  if (digits.size() != 8 && digits.size() != 32) return std::nullopt;
  std::array<unsigned char, 16> bytes{};
  for (std::size_t word = 0; word < digits.size() / 8; ++word) {
    const auto value = hexadecimal(digits.substr(word * 8, 8));
    if (!value) return std::nullopt;
    std::memcpy(bytes.data() + word * 4, &*value, sizeof *value);
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (!inet_ntop(digits.size() == 8 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size()))
    return std::nullopt;
  const std::string address(text.data());
  constexpr std::string_view mapped = "::ffff:";  // an IPv4 address in a table of IPv6
  return address.starts_with(mapped) ? address.substr(mapped.size()) : address;
}

std::optional<HostPort> port_from(const std::string& local, bool udp) {
  const auto colon = local.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto address = address_from(std::string_view(local).substr(0, colon));
  const auto port = hexadecimal(std::string_view(local).substr(colon + 1));
  if (!address || !port) return std::nullopt;
  return HostPort{*address, static_cast<int>(*port), udp};
}

}  // namespace

bool collide(const HostPort& one, const HostPort& other) {
  return one.port == other.port && one.udp == other.udp &&
         (one.address == other.address || covers(one.address, other.address) ||
          covers(other.address, one.address));
}

std::string shown(const HostPort& port) {
  return fmt::format("{}{}{}", is_every_address(port.address) ? "" : port.address + ":", port.port,
                     port.udp ? "/udp" : "");
}

std::optional<int> tcp_port(std::string_view text) {
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    if (text.substr(slash) != "/tcp") return std::nullopt;
    text = text.substr(0, slash);
  }
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(port) : std::nullopt;
}

std::vector<HostPort> ports_in_table(const std::string& table, bool udp) {
  const std::string listening = udp ? "07" : "0A";
  std::vector<HostPort> found;
  std::istringstream lines(table);
  std::string slot, local, remote, state, rest;
  std::getline(lines, rest);  // the heading
  while (lines >> slot >> local >> remote >> state && std::getline(lines, rest))
    if (state == listening)
      if (auto port = port_from(local, udp)) found.push_back(std::move(*port));
  return found;
}

std::vector<HostPort> listening_ports() {
  std::vector<HostPort> found;
  for (const auto* protocol : {"tcp", "tcp6", "udp", "udp6"}) {
    const bool udp = protocol[0] == 'u';
    for (auto& port :
         ports_in_table(read_file_if_exists(std::string("/proc/net/") + protocol).value_or(""), udp))
      found.push_back(std::move(port));
  }
  return found;
}

std::vector<int> ports_open_beside(std::int64_t process) {
  std::set<int> ports;
  for (const char* protocol : {"tcp", "tcp6"}) {
    const auto table = read_file_if_exists(fmt::format("/proc/{}/net/{}", process, protocol));
    for (const auto& port : ports_in_table(table.value_or(""), false))
      if (!port.address.starts_with("127.") && port.address != "::1") ports.insert(port.port);
  }
  return {ports.begin(), ports.end()};
}

}  // namespace belay
