#include "control/errand.hpp"

#include "base/error.hpp"

namespace belay {

namespace {

std::string as_text(const Error& error) {
  std::string text = error.message();
  for (const std::string* const part : {&error.why(), &error.next()})
    if (!part->empty()) text += "\n" + *part;
  return text;
}

Errand::Result attempt(const Errand::Work& work, const std::stop_token& stop) {
  try {
    return work(stop);
  } catch (const Error& error) {
    return {.ok = false, .detail = as_text(error)};
  }
}

}  // namespace

Errand::Errand(Session& session, wire::Tell answer, Work work)
    : answer_(std::move(answer)),
      thread_([this, &session, work = std::move(work)](const std::stop_token& stop) {
        go(session, work, stop);
      }) {}

void Errand::go(Session& session, const Work& work, const std::stop_token& stop) {
  Result result = attempt(work, stop);
  if (stop.stop_requested()) return;  // nobody waits for it any more
  const std::lock_guard lock(mutex_);
  answer_.ok = result.ok;
  answer_.detail = std::move(result.detail);
  answer_.change = std::move(result.change);
  told_ = true;
  session.send(answer_);
}

std::optional<wire::Tell> Errand::stopped() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  return told_ ? std::optional(answer_) : std::nullopt;
}

}  // namespace belay
