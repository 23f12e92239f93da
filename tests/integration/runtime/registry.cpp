#include "registry.hpp"

#include <thread>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include "base/fd.hpp"
#include "base/hash.hpp"
#include "drivers/docker_logins.hpp"

namespace belay::testing {

namespace {

constexpr auto limit = std::chrono::minutes(1);
constexpr auto user = "ci", password = "s3cret-w0rd";

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

int free_port() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto address = loopback(0);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

Command registry_command(const fs::path& directory, int port) {
  write_file_atomically(directory / "users", sh({"htpasswd", "-nbB", user, password}) + "\n");
  write_file_atomically(directory / "config.yml",
                        fmt::format("version: 0.1\nstorage: {{ filesystem: {{ rootdirectory: {0}/data }} }}\n"
                                    "http: {{ addr: \"127.0.0.1:{1}\" }}\n"
                                    "auth: {{ htpasswd: {{ realm: test, path: {0}/users }} }}\n",
                                    directory.string(), port));
  return {.argv = {"docker-registry", "serve", (directory / "config.yml").string()}};
}

void wait_until_it_listens(int port) {
  const Deadline guard = Deadline::in(limit);
  const auto address = loopback(port);
  while (true) {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
    REQUIRE_FALSE(guard.expired());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

std::string sh(const std::vector<std::string>& argv, const std::map<std::string, std::string>& set) {
  std::string out = require_output({.argv = argv, .set = set}, {}, Deadline::in(limit),
                                   "a program that the test needs failed: " + argv[0] + " " + argv[1]);
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

Registry::Registry()
    : port_(free_port()),
      server_(registry_command(directory_.path(), port_), {.in = false, .out = false, .err = false}) {
  wait_until_it_listens(port_);
}

Registry::~Registry() {
  const auto images = capture(
      {.argv = {"sh", "-c",
                "docker images --quiet '" + name() + "/*/*' | sort -u | xargs -r docker rmi --force"}},
      {}, Deadline::in(limit));
  CHECK_MESSAGE(images.ok(), images.err);
}

std::string Registry::name() const {
  return fmt::format("127.0.0.1:{}", port_);
}

RegistryLogin Registry::login() const {
  return {.registry = name(), .user = user, .password = password};
}

std::string Registry::push(const std::string& repository, const std::string& tag,
                           const std::string& marker) const {
  const auto image = fmt::format("{}/{}:{}", name(), repository, tag);
  const auto container = sh({"docker", "create", "busybox", "true"});
  const auto id = sh({"docker", "commit", "--change", "LABEL marker=" + marker, container, image});
  sh({"docker", "rm", container});
  const docker::Logins logins(directory_.path() / "login", {}, {login()});
  sh({"docker", "push", image}, {{"DOCKER_CONFIG", logins.directory().string()}});
  sh({"docker", "rmi", "--force", image});
  return id;
}

}  // namespace belay::testing
