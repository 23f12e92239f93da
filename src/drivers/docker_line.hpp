#pragma once

#include "drivers/byte_stream.hpp"
#include "drivers/docker_connection.hpp"

namespace belay::docker {

/// What came of one try of an exchange. `reply` holds what was read even if the end was not a good one.
struct Try {
  Io ended{};
  Reply reply{};
  bool connected = false;
};

/// The longest body that is kept; a longer one ends the exchange as `stopped`.
constexpr std::size_t reply_limit = 64u << 20;

/// One try, on a connection of its own. Never throws but what `on_head` and `on_bytes` throw. The port to the
/// Engine: the body is system/docker_line.cpp; a simulation brings an Engine of its own.
Try say_once(const Exchange&);

}  // namespace belay::docker
