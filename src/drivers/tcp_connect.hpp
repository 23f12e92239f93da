#pragma once

#include <string>

#include "drivers/byte_stream.hpp"

namespace belay {

/// Connects to host:port. Where a name has several addresses the next one is tried a quarter of a second
/// after the last, while the earlier attempts go on; the first that stands wins (RFC 8305's idea): one dead
/// address costs no deadline. On success `socket` is set.
Io connect_tcp(const std::string& host, const std::string& port, const Limits&, Fd& socket);

}  // namespace belay
