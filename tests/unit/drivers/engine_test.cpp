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
