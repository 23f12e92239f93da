#include <charconv>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "drivers/docker_call.hpp"
#include "drivers/docker_inspection.hpp"

namespace belay::docker {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds default_stop_timeout{10};  // the Engine's
constexpr std::chrono::seconds over_the_stop_timeout{60};

/// From 1.44 on, a container is created with all of its networks; before, with one.
bool takes_several_networks(const std::string& api_version) {
  int major = 0, minor = 0;
  const char* const end = api_version.data() + api_version.size();
  const auto dot = std::from_chars(api_version.data(), end, major).ptr;
  if (dot != end) std::from_chars(dot + 1, end, minor);
  return major > 1 || (major == 1 && minor >= 44);
}

/// Takes all networks but one out of the body: the one that the network mode names stays (an older Engine
/// refuses any other), else the first.
json::object take_further_networks(json::object& body) {
  json::value* endpoints = nullptr;
  if (json::value* networking = body.if_contains("NetworkingConfig");
      networking != nullptr && networking->is_object())
    endpoints = networking->get_object().if_contains("EndpointsConfig");
  if (endpoints == nullptr || !endpoints->is_object() || endpoints->get_object().size() < 2) return {};
  json::object& all = endpoints->get_object();
  std::string first = text_at(object_at(body, "HostConfig"), "NetworkMode");
  if (!all.contains(first)) first = all.begin()->key();
  json::object kept{{first, all.at(first)}};
  all.erase(first);
  return std::exchange(all, std::move(kept));
}

}  // namespace

void Engine::refuse_snap() const {
  const json::value info = get("/info");
  const auto data = info.is_object() ? text_at(info.get_object(), "DockerRootDir") : std::string();
  if (!data.starts_with("/var/snap/")) return;
  throw Error("this Docker is Snap's package",
              "its data lies in " + data +
                  "; Snap lets it see only a part of the host's files, so that mounts and builds fail",
              "snap remove docker, and install Docker's own packages: docs.docker.com/engine/install",
              ExitCode::bad_input);
}

std::vector<Container> Engine::containers(const std::vector<std::string>& labels) const {
  const json::value answer = get("/containers/json?all=1&filters=" + filters("label", labels));
  std::vector<Container> found;
  if (answer.is_array())
    for (const json::value& entry : answer.get_array())
      if (entry.is_object()) found.push_back(container_from_list(entry.get_object()));
  return found;
}

std::optional<Container> Engine::container_named(const std::string& name) const {
  const std::optional<Inspection> found = inspect(name);
  // The Engine would also take the beginning of another container's id.
  if (!found || found->container.name != name) return std::nullopt;
  return found->container;
}

std::optional<Inspection> Engine::inspect(const std::string& id_or_name) const {
  if (id_or_name.empty()) return std::nullopt;
  const std::string what_failed = "inspecting container " + id_or_name + " failed";
  const Reply reply = ask(request("GET", "/containers/" + encoded(id_or_name) + "/json"), what_failed);
  if (reply.status == 404) return std::nullopt;
  if (!reply.ok()) throw refused(what_failed, reply);
  json::value answer = parsed(reply.body, what_failed);
  if (!answer.is_object()) throw Error(what_failed, "the Docker Engine's answer is not an object");
  return inspection_from(std::move(answer.get_object()));
}

std::string Engine::create(const std::string& name, const json::object& body) const {
  const std::string what_failed = "creating container " + name + " failed";
  require_networks_of(body, what_failed);
  Call call = repeatable("POST", "/containers/create?name=" + encoded(name));
  call.done_already = [&] { return reply_if_made(name, body); };
  json::object first = body;
  const json::object further =
      takes_several_networks(api_version_) ? json::object{} : take_further_networks(first);
  call.body = std::move(first);
  const Reply reply = ask(call, what_failed);
  if (!reply.ok()) throw refused(what_failed, reply);
  const json::value answer = parsed(reply.body, what_failed);
  const std::string id = answer.is_object() ? text_at(answer.get_object(), "Id") : "";
  if (id.empty()) throw Error(what_failed, "the Docker Engine's answer names no container: " + reply.body);
  try {
    for (const auto& [network, endpoint] : further) connect_to_network(id, network, endpoint);
  } catch (Error&) {
    remove(id);  // half a container would later be taken for a whole one
    throw;
  }
  return id;
}

/// A container of that name which has all of these labels is the one that a request made whose answer was
/// lost. One of others is not: the next request is refused because of it, in the Engine's own words.
std::optional<Reply> Engine::reply_if_made(const std::string& name, const json::object& body) const {
  const std::optional<Container> found = container_named(name);
  if (!found) return std::nullopt;
  for (const auto& [key, value] : texts_in(object_at(body, "Labels"))) {
    const auto label = found->labels.find(key);
    if (label == found->labels.end() || label->second != value) return std::nullopt;
  }
  return Reply{.status = 201, .body = json::serialize(json::object{{"Id", found->id}})};
}

/// Engine 20.10 takes a network that does not exist, and fails only when the container is started: too late.
void Engine::require_networks_of(const json::object& body, const std::string& what_failed) const {
  for (const auto& endpoint : object_at(object_at(body, "NetworkingConfig"), "EndpointsConfig")) {
    const Reply reply = ask(request("GET", "/networks/" + encoded(endpoint.key())), what_failed);
    if (!reply.ok()) throw refused(what_failed, reply, "docker network ls shows the networks");
  }
}

void Engine::connect_to_network(const std::string& id, const std::string& network,
                                const json::value& endpoint) const {
  const std::string what_failed =
      fmt::format("connecting container {} to network {} failed", id.substr(0, 12), network);
  Call call = repeatable("POST", "/networks/" + encoded(network) + "/connect");
  call.done_already = [&]() -> std::optional<Reply> {
    const std::optional<Inspection> found = inspect(id);
    if (!found) return std::nullopt;
    const json::object& joined = object_at(object_at(found->raw, "NetworkSettings"), "Networks");
    return joined.contains(network) ? std::optional(Reply{.status = 200}) : std::nullopt;
  };
  call.body = json::object{{"Container", id}, {"EndpointConfig", endpoint}};
  if (const Reply reply = ask(call, what_failed); !reply.ok()) throw refused(what_failed, reply);
}

void Engine::start(const std::string& id) const {
  const std::string what_failed = "starting container " + id.substr(0, 40) + " failed";
  const Reply reply = ask(repeatable("POST", "/containers/" + encoded(id) + "/start"), what_failed);
  if (!reply.ok() && reply.status != 304) throw refused(what_failed, reply);
}

int Engine::stop_limit_of(const std::string& id) const {
  const std::optional<Inspection> found = inspect(id);
  if (!found) return 0;
  const json::value* own = object_at(found->raw, "Config").if_contains("StopTimeout");
  return own != nullptr && own->is_int64() ? static_cast<int>(own->get_int64())
                                           : static_cast<int>(default_stop_timeout.count());
}

void Engine::stop(const std::string& id, std::optional<std::chrono::seconds> limit) const {
  const std::string what_failed = "stopping container " + id.substr(0, 40) + " failed";
  const std::string argument = limit ? fmt::format("?t={}", limit->count()) : "";
  if (const auto found = inspect(id); found && found->container.state == "paused") unpause(id);
  Call call = repeatable("POST", "/containers/" + encoded(id) + "/stop" + argument);
  // The Engine answers when the container has ended. A negative timeout means: never kill.
  const std::chrono::seconds patience = limit ? *limit : std::chrono::seconds(stop_limit_of(id));
  call.deadline = patience.count() < 0 ? Deadline::never() : Deadline::in(patience + over_the_stop_timeout);
  const Reply reply = ask(call, what_failed);
  if (!reply.ok() && reply.status != 304) throw refused(what_failed, reply);
}

void Engine::unpause(const std::string& id) const {
  const std::string what_failed = "unpausing container " + id.substr(0, 40) + " failed";
  const Reply reply = ask(repeatable("POST", "/containers/" + encoded(id) + "/unpause"), what_failed);
  if (reply.ok()) return;
  // Another one may have done so meanwhile.
  if (const auto found = inspect(id); found && found->container.state == "paused")
    throw refused(what_failed, reply);
}

void Engine::kill(const std::string& id, const std::string& signal) const {
  const std::string what_failed = fmt::format("sending {} to container {} failed", signal, id.substr(0, 40));
  const Reply reply =
      ask(repeatable("POST", "/containers/" + encoded(id) + "/kill?signal=" + encoded(signal)), what_failed);
  if (!reply.ok()) throw refused(what_failed, reply);
}

void Engine::rename(const std::string& id, const std::string& name) const {
  const std::string what_failed = fmt::format("renaming container {} to {} failed", id.substr(0, 40), name);
  Call call = repeatable("POST", "/containers/" + encoded(id) + "/rename?name=" + encoded(name));
  call.done_already = [&]() -> std::optional<Reply> {
    const std::optional<Inspection> found = inspect(id);
    if (!found || found->container.name != name) return std::nullopt;
    return Reply{.status = 204};
  };
  const Reply reply = ask(call, what_failed);
  if (!reply.ok()) throw refused(what_failed, reply);
}

void Engine::set_restart_policy(const std::string& id, const std::string& policy, int maximum) const {
  const std::string what_failed = "changing the restart policy of container " + id.substr(0, 40) + " failed";
  Call call = repeatable("POST", "/containers/" + encoded(id) + "/update");
  call.body = json::object{{"RestartPolicy", json::object{{"Name", policy}, {"MaximumRetryCount", maximum}}}};
  if (const Reply reply = ask(call, what_failed); !reply.ok()) throw refused(what_failed, reply);
}

void Engine::remove(const std::string& id, AnonymousVolumes volumes) const {
  const std::string what_failed = "removing container " + id.substr(0, 40) + " failed";
  const std::string target = "/containers/" + encoded(id);
  const Reply reply =
      ask(repeatable("DELETE", target + (volumes == AnonymousVolumes::remove ? "?force=1&v=1" : "?force=1")),
          what_failed);
  if (reply.ok() || reply.status == 404) return;
  if (reply.status != 409 || !reply.message().contains("already in progress"))
    throw refused(what_failed, reply);
  // Somebody else removes it at this moment; it is gone when that is done.
  const Reply gone = ask(repeatable("POST", target + "/wait?condition=removed"), what_failed);
  if (!gone.ok() && gone.status != 404) throw refused(what_failed, gone);
}

int Engine::wait(const std::string& id, std::stop_token stop, Deadline deadline) const {
  const std::string what_failed = "waiting for the end of container " + id.substr(0, 40) + " failed";
  Call call = repeatable("POST", "/containers/" + encoded(id) + "/wait");
  call.stop = std::move(stop);
  call.deadline = deadline;
  const Reply reply = ask(call, what_failed);
  if (!reply.ok()) throw refused(what_failed, reply);
  const json::value answer = parsed(reply.body, what_failed);
  if (!answer.is_object()) throw Error(what_failed, "the Docker Engine's answer is not an object");
  return static_cast<int>(number_at(answer.get_object(), "StatusCode"));
}

}  // namespace belay::docker
