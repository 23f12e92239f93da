#include <boost/json/parse.hpp>
#include <fmt/core.h>

#include "drivers/docker_call.hpp"

namespace belay::docker {
namespace {

namespace json = boost::json;

Event event_from(const json::object& message) {
  const json::object& actor = object_at(message, "Actor");
  return Event{text_at(message, "Type"), text_at(message, "Action"), text_at(actor, "ID"),
               texts_in(object_at(actor, "Attributes")), number_at(message, "timeNano")};
}

std::int64_t now_nano() {
  return std::chrono::nanoseconds(now().time_since_epoch()).count();
}

}  // namespace

void Engine::follow_events(std::int64_t since_nano, const std::function<void()>& on_open,
                           const std::function<void(const Event&)>& on_event, std::stop_token stop) const {
  // The Engine sends its head a moment before it subscribes. Asking for what happened since now (its clock is
  // ours) closes that gap: it keeps the last events.
  const std::int64_t since = since_nano == 0 ? now_nano() : since_nano + 1;
  const std::string what_failed = "following Docker's events failed";
  Call call = request("GET", fmt::format("/events?since={}.{:09}&filters={}", since / 1'000'000'000,
                                         since % 1'000'000'000, filters("type", {"container"})));
  call.stop = std::move(stop);
  call.deadline = Deadline::never();
  call.on_head = on_open;
  std::string pending;  // one object per line, cut anywhere
  call.on_bytes = [&](std::string_view bytes) {
    pending.append(bytes);
    for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      const std::string line = pending.substr(0, end);
      pending.erase(0, end + 1);
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      const json::value message = parsed(line, what_failed);
      if (message.is_object()) on_event(event_from(message.get_object()));
    }
    return true;
  };
  stream(call, what_failed);
}

}  // namespace belay::docker
