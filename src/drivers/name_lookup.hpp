#pragma once

#include <string>
#include <vector>

#include <sys/socket.h>

#include "drivers/byte_stream.hpp"

namespace belay {

/// Must be called before the first name is looked up: main's first line. A static glibc would load whatever
/// modules the host's nsswitch.conf names (myhostname, resolve, mdns4 …) and, with them, the host's own libc,
/// and die of it: abort on Debian 11, SIGFPE on Debian 13. With this, /etc/hosts and resolv.conf are honoured
/// and nothing is loaded.
void pin_name_lookup_to_files_and_dns();

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

/// The TCP addresses of a host, in the order to try them. The host's own `getent` looks names up: a child can
/// be given up when the name server is silent (getaddrinfo cannot), and it knows every source of names that
/// the host has. Where there is no getent, glibc is asked, and its patience is cut to fit the deadline.
Io look_up(const std::string& host, const std::string& port, const Limits&, std::vector<Address>&);

}  // namespace belay
