#include "drivers/name_lookup.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <sstream>

#include <netdb.h>
#include <resolv.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "drivers/program.hpp"

// Exported by glibc for such programs as this, but in none of its headers.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the name is glibc's.
extern "C" int __nss_configure_lookup(const char* database, const char* services);

namespace belay {
namespace {

/// getaddrinfo, adding what it finds. Its error code, 0 if there is none.
int add_addresses(const std::string& host, const std::string& port, int flags, std::vector<Address>& found) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &list); code != 0) return code;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, ::freeaddrinfo);
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    Address address;
    address.size = one->ai_addrlen;
    std::memcpy(&address.bytes, one->ai_addr, one->ai_addrlen);
    found.push_back(address);
  }
  return 0;
}

/// `getent ahosts` prints "::1 STREAM localhost", "::1 DGRAM", … in the order to try.
Io ask_getent(const std::string& host, const std::string& port, const Limits& limits,
              std::vector<Address>& found) {
  const Captured answer =
      capture({.argv = {"getent", "ahosts", "--", host}}, limits.stop(), limits.deadline());
  if (answer.outcome.end == Outcome::End::deadline) return {Io::Status::deadline};
  if (answer.outcome.end == Outcome::End::cancelled) return {Io::Status::stopped};
  std::istringstream lines(answer.out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string address, kind;
    if (words >> address >> kind && kind == "STREAM") add_addresses(address, port, AI_NUMERICHOST, found);
  }
  return found.empty() ? Io::failed("no address found for " + host) : Io{};
}

Io ask_glibc(const std::string& host, const std::string& port, const Limits& limits,
             std::vector<Address>& found) {
  // These belong to this thread alone. Name servers are asked one after the other, twice as long each round.
  ::res_init();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits.deadline().left()).count();
  _res.retry = 1;
  _res.retrans = static_cast<int>(std::clamp<long>(seconds / std::max(1, _res.nscount), 1, 5));
  const int code = add_addresses(host, port, 0, found);
  if (limits.deadline().expired()) return {Io::Status::deadline};
  if (code == EAI_SYSTEM) return Io::failed(reason_of(errno));
  return code == 0 ? Io{} : Io::failed("no address found for " + host);
}

}  // namespace

void pin_name_lookup_to_files_and_dns() {
  const std::pair<const char*, const char*> pinned[] = {
      {"hosts", "files dns"}, {"passwd", "files"}, {"group", "files"}, {"services", "files"}};
  for (const auto& [database, services] : pinned)
    if (__nss_configure_lookup(database, services) != 0)
      throw system_error("the system's name lookup cannot be set up", errno);
}

Io look_up(const std::string& host, const std::string& port, const Limits& limits,
           std::vector<Address>& found) {
  if (add_addresses(host, port, AI_NUMERICHOST, found) == 0) return {};
  return program_exists("getent") ? ask_getent(host, port, limits, found)
                                  : ask_glibc(host, port, limits, found);
}

}  // namespace belay
