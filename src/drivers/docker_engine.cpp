#include <cstdlib>

#include "drivers/docker.hpp"
#include "drivers/docker_call.hpp"

namespace belay::docker {
namespace {

constexpr auto answers_in = std::chrono::seconds(20);
/// One that has just been started takes connections, and answers when it has looked through its containers.
constexpr auto starts_in = std::chrono::minutes(2);

std::string socket_path() {
  const char* host = std::getenv("DOCKER_HOST");
  if (host == nullptr || *host == '\0') return "/var/run/docker.sock";
  const std::string_view text(host);
  if (!text.starts_with("unix://"))
    throw Error("DOCKER_HOST=" + std::string(text) + " cannot be used",
                "only the Engine of this machine is asked, through its unix socket",
                "unset DOCKER_HOST, or set it to unix:///path/to/docker.sock", ExitCode::bad_input);
  return std::string(text.substr(7));
}

/// It speaks the same API with other meanings: restart policies and events differ (Podman 4.3), so that what
/// belay holds down would come back by itself.
void refuse_podman(const boost::json::object& version, const std::string& socket) {
  for (const auto& component : array_at(version, "Components"))
    if (component.is_object() && text_at(component.get_object(), "Name").starts_with("Podman"))
      throw Error("what answers at " + socket + " is Podman",
                  "its restart policies and events are not Docker's, and belay builds on these",
                  "install Docker, or let DOCKER_HOST name its socket", ExitCode::bad_input);
}

}  // namespace

Engine Engine::connect(std::optional<Patience> patience) {
  const std::string what_failed = "no Docker Engine answers";
  Engine engine;
  engine.socket_ = socket_path();
  engine = engine.with(std::move(patience));
  Exchange question{.socket = engine.socket_,
                    .target = "/version",
                    .deadline = Deadline::in(engine.patience_ ? starts_in : answers_in),
                    .patience = engine.patience_,
                    .if_cut = IfCut::ask_again};
  const Reply reply = ask(question, what_failed);
  if (!reply.ok()) throw refused(what_failed, reply);
  const boost::json::value answer = parsed(reply.body, what_failed);
  if (!answer.is_object()) throw Error(what_failed, "its answer to /version is not an object");
  refuse_podman(answer.get_object(), engine.socket_);
  engine.version_ = text_at(answer.get_object(), "Version");
  engine.os_ = text_at(answer.get_object(), "Os");
  engine.architecture_ = text_at(answer.get_object(), "Arch");
  // What it offers, never a number of our own: new Engines refuse old versions, old ones refuse new.
  engine.api_version_ = text_at(answer.get_object(), "ApiVersion");
  if (engine.api_version_.empty()) throw Error(what_failed, "it does not say which API version it speaks");
  return engine;
}

Engine Engine::with(std::optional<Patience> patience) const {
  Engine other = *this;
  other.patience_ = patience ? std::make_shared<const Patience>(std::move(*patience)) : nullptr;
  return other;
}

Engine Engine::never_giving_up() const {
  return patience_ ? with(Patience{.until = {}, .say = patience_->say}) : *this;
}

void Engine::ping() const {
  const std::string what_failed = "the Docker Engine does not answer";
  if (const Reply reply = ask(request("GET", "/_ping"), what_failed); !reply.ok())
    throw refused(what_failed, reply);
}

Engine::Call Engine::request(std::string method, const std::string& path) const {
  Call call;
  call.socket = socket_;
  call.if_cut = method == "GET" ? IfCut::ask_again : IfCut::fail;
  call.method = std::move(method);
  call.target = "/v" + api_version_ + path;
  call.patience = patience_;
  return call;
}

Engine::Call Engine::repeatable(std::string method, const std::string& path) const {
  Call call = request(std::move(method), path);
  call.if_cut = IfCut::ask_again;
  return call;
}

boost::json::value Engine::get(const std::string& path) const {
  const std::string what_failed = "asking Docker for " + path + " failed";
  const Reply reply = ask(request("GET", path), what_failed);
  if (!reply.ok()) throw refused(what_failed, reply);
  return parsed(reply.body, what_failed);
}

}  // namespace belay::docker
