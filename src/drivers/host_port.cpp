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

/// An IPv6 address has several spellings.
std::string usual_spelling(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool known = inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1 &&
                     inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  return known ? std::string(text.data()) : address;
}

std::optional<HostPort> port_from(const std::string& local, const std::string& protocol) {
  const auto colon = local.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto address = address_from(std::string_view(local).substr(0, colon));
  const auto port = hexadecimal(std::string_view(local).substr(colon + 1));
  if (!address || !port) return std::nullopt;
  return HostPort{*address, static_cast<int>(*port), protocol};
}

}  // namespace

bool collide(const HostPort& one, const HostPort& other) {
  if (one.port != other.port || one.protocol != other.protocol) return false;
  const auto mine = usual_spelling(one.address), others = usual_spelling(other.address);
  return mine == others || covers(mine, others) || covers(others, mine);
}

bool includes(const HostPort& wide, const HostPort& narrow) {
  return collide(wide, narrow) && (is_every_address(usual_spelling(wide.address)) ||
                                   usual_spelling(wide.address) == usual_spelling(narrow.address));
}

std::string shown(const HostPort& port) {
  return fmt::format("{}{}{}", is_every_address(port.address) ? "" : port.address + ":", port.port,
                     port.protocol == "tcp" ? "" : "/" + port.protocol);
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

std::vector<HostPort> ports_in_table(const std::string& table, const std::string& protocol) {
  const std::string listening = protocol == "udp" ? "07" : "0A";
  std::vector<HostPort> found;
  std::istringstream lines(table);
  std::string slot, local, remote, state, rest;
  std::getline(lines, rest);  // the heading
  while (lines >> slot >> local >> remote >> state && std::getline(lines, rest))
    if (state == listening)
      if (auto port = port_from(local, protocol)) found.push_back(std::move(*port));
  return found;
}

std::vector<HostPort> listening_ports() {
  std::vector<HostPort> found;
  for (const std::string table : {"tcp", "tcp6", "udp", "udp6"})
    for (auto& port :
         ports_in_table(read_file_if_exists("/proc/net/" + table).value_or(""), table.substr(0, 3)))
      found.push_back(std::move(port));
  return found;
}

std::vector<int> ports_open_beside(std::int64_t process) {
  std::set<int> ports;
  for (const char* protocol : {"tcp", "tcp6"}) {
    const auto table = read_file_if_exists(fmt::format("/proc/{}/net/{}", process, protocol));
    for (const auto& port : ports_in_table(table.value_or(""), "tcp"))
      if (!port.address.starts_with("127.") && port.address != "::1") ports.insert(port.port);
  }
  return {ports.begin(), ports.end()};
}

}  // namespace belay
