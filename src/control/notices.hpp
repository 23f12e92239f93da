#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "model/notice.hpp"
#include "model/notice_target.hpp"

namespace belay {

/// What came of a notice to one target.
struct SentNotice {
  std::string target;  // as NoticeTarget::shown()
  bool ok = false;
  std::string answer;  // "answered 200", or why it was not sent
  int attempts = 0;
};

/// How often, and how long, each target is tried. A target that is slow keeps no other one waiting.
struct NoticePatience {
  int attempts = 3;
  std::chrono::milliseconds attempt{6000}, pause{1000};  // the pause doubles
  std::chrono::milliseconds all{20000};
};

/// Sends it to each target that wants it, to all at once, and waits for the ends. Tried again is what got no
/// answer, 429 or 5xx. Never throws for a target: what failed is in the result. In the targets' order.
std::vector<SentNotice> send_notices(const std::vector<NoticeTarget>&, const Notice&, std::stop_token,
                                     const NoticePatience& = {});

}  // namespace belay
