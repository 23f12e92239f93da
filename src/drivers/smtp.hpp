#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "model/notice_target.hpp"

namespace belay::smtp {

/// What became of a message.
struct Delivery {
  bool ok = false;
  bool again = false;  // it may work later: no answer, or one that says so
  std::string answer;  // the server's last words, or why there are none
};

/// Hands a message (its lines end in CRLF) to a server, which sends it on. A password goes only over TLS, or
/// to this very machine. The whole exchange keeps the deadline. Never throws.
Delivery send(const MailTarget&, const std::string& message, std::stop_token, Deadline);

/// The message as it stands behind DATA: a line that begins with a dot gets another one, and a line with a
/// lone dot is the end.
std::string dot_stuffed(const std::string& message);

}  // namespace belay::smtp
