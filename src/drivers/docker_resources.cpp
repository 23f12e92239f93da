#include "drivers/docker_call.hpp"

namespace belay::docker {
namespace {

namespace json = boost::json;

/// The Engine also takes the beginning of an id for a name.
std::optional<json::object> described(const Exchange& call, const std::string& what,
                                      const std::string& name) {
  const std::string what_failed = "looking for " + what + " " + name + " failed";
  const Reply reply = ask(call, what_failed);
  if (reply.status == 404) return std::nullopt;
  if (!reply.ok()) throw refused(what_failed, reply);
  json::value answer = parsed(reply.body, what_failed);
  if (!answer.is_object() || text_at(answer.get_object(), "Name") != name) return std::nullopt;
  return std::move(answer.get_object());
}

}  // namespace

std::optional<json::object> Engine::network(const std::string& name) const {
  return described(request("GET", "/networks/" + encoded(name)), "network", name);
}

std::optional<json::object> Engine::volume(const std::string& name) const {
  return described(request("GET", "/volumes/" + encoded(name)), "volume", name);
}

}  // namespace belay::docker
