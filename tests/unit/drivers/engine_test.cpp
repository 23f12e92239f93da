#include <mutex>
#include <optional>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "drivers/docker.hpp"
#include "local_server.hpp"
#include "scratch.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

std::string why_not(const std::string& docker_host) {
  const WithVariable host("DOCKER_HOST", docker_host);
  try {
    docker::Engine::connect();
  } catch (const Error& error) {
    return error.message() + ": " + error.why();
  }
  return "it answered";
}

std::string answer(const std::string& body, const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

constexpr auto version = R"({"Version":"29.1.0","ApiVersion":"1.52"})";
constexpr auto container = R"({"Id":"5d1e","Name":"/new","Config":{"Labels":{"belay.nonce":"n1"}},)"
                           R"("State":{"Status":"running"},"NetworkSettings":{"Networks":{"shop":{}}}})";

/// An Engine that hangs up on the first request that begins with `cut`, and answers all others.
class CuttingEngine {
 public:
  explicit CuttingEngine(std::string cut, std::string inspected = container)
      : cut_(std::move(cut)), inspected_(std::move(inspected)), server_(path(), [this](const auto& peer) {
          const auto text = peer.read_request();
          if (hear(text)) peer.say(reply_to(text));
        }) {}

  std::string path() const { return (scratch_ / "docker.sock").string(); }
  docker::Engine connect(std::optional<docker::Patience> patience = docker::Patience{}) const {
    const WithVariable host("DOCKER_HOST", "unix://" + path());
    return docker::Engine::connect(std::move(patience));
  }
  /// How often the request that is cut came.
  int came() const {
    const std::scoped_lock lock(mutex_);
    return came_;
  }

 private:
  bool hear(const std::string& text) {
    const std::scoped_lock lock(mutex_);
    return !text.starts_with(cut_) || ++came_ > 1;
  }
  std::string reply_to(const std::string& text) const {
    if (text.starts_with("GET /version ")) return answer(version);
    if (text.starts_with("GET /v1.52/containers/")) {
      return inspected_.empty() ? answer(R"({"message":"no such container"})", "404 Not Found")
                                : answer(inspected_);
    }
    if (text.starts_with("POST /v1.52/containers/create")) return answer(R"({"Id":"fresh"})", "201 Created");
    if (text.starts_with("POST /v1.52/containers/5d1e/wait")) return answer(R"({"StatusCode":7})");
    if (text.starts_with("GET ")) return answer("{}");
    return answer("", "204 No Content");
  }

  Scratch scratch_;
  std::string cut_, inspected_;
  mutable std::mutex mutex_;
  int came_ = 0;
  LocalServer server_;
};

}  // namespace

TEST_CASE("an Engine that is not there is an Error with its socket in it") {
  const Scratch scratch;
  const std::string socket = (scratch / "docker.sock").string();
  CHECK(why_not("unix://" + socket) ==
        "no Docker Engine answers: the Docker Engine at " + socket + ": no such file or directory");
  CHECK(why_not("tcp://10.0.0.1:2375").contains("only the Engine of this machine is asked"));
}

TEST_CASE("what answers in the Engine's place but is none is an Error") {
  const Scratch scratch;
  const std::string socket = (scratch / "docker.sock").string();
  SUBCASE("hangs up") {
    const LocalServer server(socket, [](const LocalServer::Peer& peer) { peer.read_request(); });
    CHECK(why_not("unix://" + socket).contains("closed without an answer"));
  }
  SUBCASE("not HTTP") {
    const LocalServer server(socket, [](const LocalServer::Peer& peer) {
      peer.read_request();
      peer.say("hello\r\n\r\n");
    });
    CHECK(why_not("unix://" + socket).contains("not an HTTP answer"));
  }
  SUBCASE("not JSON") {
    const LocalServer server(socket, [](const LocalServer::Peer& peer) {
      peer.read_request();
      peer.say("HTTP/1.1 200 OK\r\n\r\n<html>");
    });
    CHECK(why_not("unix://" + socket).contains("not JSON"));
  }
  SUBCASE("refuses") {
    const LocalServer server(socket, [](const LocalServer::Peer& peer) {
      peer.read_request();
      peer.say("HTTP/1.1 403 Forbidden\r\n\r\n{\"message\":\"authorization denied by plugin\"}");
    });
    CHECK(why_not("unix://" + socket) == "no Docker Engine answers: authorization denied by plugin");
  }
}

TEST_CASE("Podman in Docker's place is refused by its name") {
  const Scratch scratch;
  const std::string socket = (scratch / "docker.sock").string();
  const LocalServer podman(socket, [](const LocalServer::Peer& peer) {
    peer.read_request();
    peer.say(answer(R"({"Version":"4.3.1","ApiVersion":"1.41","Components":[{"Name":"Podman Engine"}]})"));
  });
  CHECK(why_not("unix://" + socket).contains("what answers at " + socket + " is Podman"));
}

TEST_CASE("the Docker of Snap's package is refused by its name; others are not") {
  const auto refusal = [](const std::string& info) -> std::string {
    const Scratch scratch;
    const std::string socket = (scratch / "docker.sock").string();
    const LocalServer server(socket, [&](const LocalServer::Peer& peer) {
      peer.say(answer(peer.read_request().starts_with("GET /version ") ? version : info));
    });
    const WithVariable host("DOCKER_HOST", "unix://" + socket);
    try {
      docker::Engine::connect().refuse_snap();
      return "none";
    } catch (const Error& error) {
      CHECK(error.exit_code() == ExitCode::bad_input);
      return error.message() + "; " + error.next();
    }
  };
  const auto snap = refusal(R"({"DockerRootDir":"/var/snap/docker/common/var-lib-docker"})");
  CHECK(snap.contains("this Docker is Snap's package"));
  CHECK(snap.contains("snap remove docker"));
  for (const auto* other :
       {R"({"DockerRootDir":"/var/lib/docker"})", R"({"DockerRootDir":"/srv/snap/docker"})", "{}", "[]"})
    CHECK(refusal(other) == "none");
}

TEST_CASE("the Engine's own API version is what it is asked in") {
  const Scratch scratch;
  const std::string socket = (scratch / "docker.sock").string();
  std::string second;
  const LocalServer server(socket, [&](const LocalServer::Peer& peer) {
    const std::string request = peer.read_request();
    if (!request.starts_with("GET /version ")) second = request;
    peer.say("HTTP/1.1 200 OK\r\n\r\n" +
             std::string(second.empty() ? R"({"Version":"29.1.0","ApiVersion":"1.52"})" : "[]"));
  });
  const WithVariable host("DOCKER_HOST", "unix://" + socket);
  const docker::Engine engine = docker::Engine::connect();
  CHECK(engine.version() == "29.1.0");
  CHECK(engine.containers({"a=b c"}).empty());
  CHECK(second.starts_with(
      "GET /v1.52/containers/json?all=1&filters=%7B%22label%22:%5B%22a%3Db%20c%22%5D%7D HTTP/1.1\r\n"));
}

TEST_CASE("an Engine that is away is waited for, and that is told") {
  const Scratch scratch;
  const std::string socket = (scratch / "docker.sock").string();
  const WithVariable host("DOCKER_HOST", "unix://" + socket);
  std::optional<LocalServer> server;
  std::vector<std::string> told;
  // It comes back when it is said to be away: no earlier, and at no time of its own.
  const docker::Patience patience{.say = [&](const std::string& line) {
    told.push_back(line);
    if (!server)
      server.emplace(socket, [](const LocalServer::Peer& peer) {
        const auto text = peer.read_request();
        peer.say(answer(text.starts_with("GET /version ") ? version : "[]"));
      });
  }};
  const auto engine = docker::Engine::connect(patience);
  CHECK(engine.version() == "29.1.0");
  REQUIRE(told.size() == 2);
  CHECK(told[0].starts_with("Docker does not answer since "));
  CHECK(told[0].ends_with(" UTC (no such file or directory): waiting for it"));
  CHECK(told[1].starts_with("Docker answers again, after "));

  server.reset();
  fs::remove(socket);
  told.clear();
  CHECK(engine.containers({}).empty());
  CHECK(told.size() == 2);
}

TEST_CASE("without patience an Engine that is away is an Error at once, of a type of its own") {
  const Scratch scratch;
  const WithVariable host("DOCKER_HOST", "unix://" + (scratch / "docker.sock").string());
  CHECK_THROWS_AS(docker::Engine::connect(), docker::Unreachable);

  const CuttingEngine engine("POST /v1.52/containers/5d1e/start");
  CHECK_THROWS_AS(engine.connect(std::nullopt).start("5d1e"), docker::Unreachable);
  CHECK(engine.came() == 1);
}

TEST_CASE("the waiting for an Engine ends with its stop, unless nothing may end it") {
  const Scratch scratch;
  const CuttingEngine there("GET /v1.52/_ping");
  std::stop_source stop;
  int told = 0;
  const docker::Patience patience{.until = stop.get_token(), .say = [&](const std::string&) {
                                    ++told;
                                    stop.request_stop();
                                  }};
  const auto engine = there.connect(patience);
  SUBCASE("its stop") {
    CHECK_THROWS_WITH_AS(engine.ping(), doctest::Contains("Engine"), docker::Unreachable);
    CHECK(there.came() == 1);
  }
  SUBCASE("an undo") {
    engine.never_giving_up().ping();
    CHECK(there.came() == 2);
  }
  CHECK(told >= 1);
}

TEST_CASE("what the Engine was asked when it hung up is asked again") {
  using Calls = std::vector<std::pair<std::string, std::function<void(const docker::Engine&)>>>;
  const Calls calls{
      {"GET /v1.52/containers/json", [](const auto& engine) { engine.containers({"a"}); }},
      {"GET /v1.52/containers/5d1e/json",
       [](const auto& engine) { CHECK(engine.inspect("5d1e")->container.running()); }},
      {"POST /v1.52/containers/5d1e/start", [](const auto& engine) { engine.start("5d1e"); }},
      {"POST /v1.52/containers/5d1e/stop", [](const auto& engine) { engine.stop("5d1e"); }},
      {"POST /v1.52/containers/5d1e/kill", [](const auto& engine) { engine.kill("5d1e", "SIGUSR2"); }},
      {"POST /v1.52/containers/5d1e/update",
       [](const auto& engine) { engine.set_restart_policy("5d1e", "always", 0); }},
      {"DELETE /v1.52/containers/5d1e", [](const auto& engine) { engine.remove("5d1e"); }},
      {"POST /v1.52/containers/5d1e/wait",
       [](const auto& engine) { CHECK(engine.wait("5d1e", {}, Deadline::never()) == 7); }},
      {"PUT /v1.52/containers/5d1e/archive",
       [](const auto& engine) { engine.put_file("5d1e", {.path = "/a", .text = "b"}); }},
      {"POST /v1.52/images/web/tag", [](const auto& engine) { engine.tag("web", "shop", "1"); }},
      {"DELETE /v1.52/images/web", [](const auto& engine) { CHECK(engine.untag("web")); }},
  };
  for (const auto& [request, call] : calls) {
    CAPTURE(request);
    const CuttingEngine engine(request);
    CHECK_NOTHROW(call(engine.connect()));
    CHECK(engine.came() == 2);
  }
}

TEST_CASE("a rename or a creation that was carried out before the Engine hung up is not asked for again") {
  const boost::json::object body{{"Labels", {{"belay.nonce", "n1"}}}};
  SUBCASE("renamed") {
    const CuttingEngine engine("POST /v1.52/containers/5d1e/rename");
    engine.connect().rename("5d1e", "new");
    CHECK(engine.came() == 1);
  }
  SUBCASE("not renamed yet") {
    const CuttingEngine engine("POST /v1.52/containers/5d1e/rename");
    engine.connect().rename("5d1e", "another");
    CHECK(engine.came() == 2);
  }
  SUBCASE("created") {
    const CuttingEngine engine("POST /v1.52/containers/create");
    CHECK(engine.connect().create("new", body) == "5d1e");
    CHECK(engine.came() == 1);
  }
  SUBCASE("not created yet") {
    const CuttingEngine engine("POST /v1.52/containers/create", {});
    CHECK(engine.connect().create("new", body) == "fresh");
    CHECK(engine.came() == 2);
  }
  SUBCASE("another's container has the name") {
    const CuttingEngine engine("POST /v1.52/containers/create");
    const boost::json::object other{{"Labels", {{"belay.nonce", "n2"}}}};
    CHECK(engine.connect().create("new", other) == "fresh");
    CHECK(engine.came() == 2);
  }
}

TEST_CASE("a command or an output that the Engine hung up on is lost, and not begun anew") {
  SUBCASE("exec") {
    const CuttingEngine engine("POST /v1.52/containers/5d1e/exec");
    CHECK_THROWS_AS(engine.connect().exec("5d1e", {.words = {"true"}}, {}, {}, Deadline::never()),
                    docker::Unreachable);
    CHECK(engine.came() == 1);
  }
  SUBCASE("attach") {
    const CuttingEngine engine("POST /v1.52/containers/5d1e/attach");
    CHECK_THROWS_AS(engine.connect().attach(
                        "5d1e", [] {}, [](const auto&) {}, {}, Deadline::never()),
                    docker::Unreachable);
    CHECK(engine.came() == 1);
  }
}
