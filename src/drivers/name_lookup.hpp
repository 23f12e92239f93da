#pragma once

#include <memory>
#include <string>

#include <netdb.h>

#include "drivers/stream.hpp"

namespace belay {

/// Must be called before the first name is looked up: main's first line. A static glibc would load whatever
/// modules the host's nsswitch.conf names (myhostname, resolve, mdns4 …) and, with them, the host's own libc,
/// and die of it: abort on Debian 11, SIGFPE on Debian 13. With this, /etc/hosts and resolv.conf are honoured
/// and nothing is loaded.
void pin_name_lookup_to_files_and_dns();

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

/// The TCP addresses of a host, in the order to try them. Keeps the limits even when the name server is
/// silent.
Io look_up(const std::string& host, const std::string& port, const Limits&, Addresses&);

}  // namespace belay
