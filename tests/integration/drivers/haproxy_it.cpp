#include <algorithm>
#include <array>
#include <future>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/unix_address.hpp"
#include "drivers/haproxy.hpp"
#include "drivers/haproxy_log.hpp"
#include "drivers/http.hpp"
#include "world.hpp"

using namespace belay;
using namespace belay::testing;
namespace json = boost::json;

namespace {

constexpr auto backend = "web_8080", another_backend = "web_8081";

/// The oldest in use that is at hand, and the one that belay takes by itself.
const std::vector<std::string> images = {"haproxy:2.6", "haproxy:3.0"};

/// A real HAProxy in front of servers, "one", "two" and "three", that answer their names; "one" stands in the
/// first slot by the file, the others are free.
class Edge {
 public:
  explicit Edge(const std::string& image, std::chrono::seconds hold = std::chrono::seconds(20),
                const std::string& asks_for_names_every = "1s") {
    sh({"docker", "network", "create", network_});
    for (const char* name : {"one", "two", "three"}) start_server(name);
    start("refuses", "sleep 1000");
    for (const char* name : {"one", "two", "three"})
      REQUIRE(eventually([&] { return asked_at(address_of(host(name))) == name; }));
    make_directories(directory_);
    write_file_atomically(directory_ / "haproxy.cfg", file(hold, asks_for_names_every), 0644);
    json::object body{{"Image", image},
                      {"Cmd", json::array{"haproxy", "-W", "-db", "-f", haproxy::path_of("haproxy.cfg")}},
                      {"User", "0:0"},
                      {"HostConfig", json::object{{"Binds", json::array{directory_.string() + ":/belay"}},
                                                  {"NetworkMode", network_}}}};
    const auto id = world_.engine.create(world_.name("edge"), body);
    world_.engine.start(id);
    address_ = address_of(id);
    REQUIRE(eventually([&] { return runtime.answers(); }));
    REQUIRE(eventually([&] { return has_asked_for_the_names_of_its_file(); }));
  }

  std::string host(const std::string& name) const { return world_.name(name); }

  /// Who answers; or why nobody does.
  std::string asked() const { return asked_at(address_); }
  std::map<std::string, int> asked(int times) const {
    std::map<std::string, int> answers;
    for (int i = 0; i < times; ++i) ++answers[asked()];
    return answers;
  }

  haproxy::Server slot(const std::string& name, const std::string& of = backend) const {
    for (auto& server : runtime.servers())
      if (server.backend == of && server.slot == name) return server;
    throw Error("there is no slot " + name, {}, {});
  }

  std::string address_of(const std::string& container) const {
    return world_.engine.inspect(container)->addresses.at(network_);
  }
  /// Its server is somebody else's from now on, at another address.
  void move(const std::string& name) const {
    sh({"docker", "rm", "--force", host(name)});
    start("in_its_place", "sleep 1000");
    start_server(name);
  }

  fs::path directory() const { return directory_; }

  /// Waits until HAProxy has tried again for a request that was refused; false if that does not come.
  bool tries_again() const {
    return eventually([&] { return counted("wretr") + counted("wredis") >= 2; });
  }

 private:
  /// At its start it asks for both names of the file, "one" and nobody, in both address families, and
  /// whatever is asked for while that is under way goes along with it.
  bool has_asked_for_the_names_of_its_file() const {
    std::istringstream lines(said_to("show resolvers docker"));
    std::map<std::string, int> counts;
    for (std::string line; std::getline(lines, line);)
      if (const auto colon = line.find(':'); colon != std::string::npos && colon + 1 < line.size())
        counts[line.substr(2, colon - 2)] = std::stoi(line.substr(colon + 1));
    return counts["sent"] >= 4 && counts["sent"] == counts["valid"] + counts["any_err"] + counts["nx"];
  }
  std::string said_to(const std::string& command) const {
    const auto socket = unix_socket(SOCK_STREAM);
    REQUIRE(UnixAddress(directory_ / haproxy::socket_name).connect(socket));
    write_all(socket.get(), command + "\n");
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t got = 0; (got = ::read(socket.get(), part.data(), part.size())) > 0;)
      text.append(part.data(), static_cast<std::size_t>(got));
    return text;
  }
  /// A column of its statistics of the backend.
  int counted(const std::string& column) const {
    std::istringstream lines(said_to("show stat"));
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);) {
      const auto fields = fields_of(line);
      if (names.empty()) names = fields;
      if (fields.size() > 1 && fields[0] == backend && fields[1] == "BACKEND")
        return std::stoi(
            fields.at(static_cast<std::size_t>(std::ranges::find(names, column) - names.begin())));
    }
    FAIL("HAProxy does not count " << column);
    return 0;
  }
  static std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> found;
    std::istringstream parts(line);
    for (std::string part; std::getline(parts, part, ',');) found.push_back(part);
    return found;
  }
  std::string asked_at(const std::string& address) const {
    const auto exchange = http::get(http::url_of("http://" + address + ":8080/name"), {}, soon());
    if (!exchange.answer) return exchange.why;
    return exchange.answer->status == 200 ? exchange.answer->body : std::to_string(exchange.answer->status);
  }
  void start_server(const std::string& name) const {
    start(name, fmt::format("mkdir /www; printf {} > /www/name; exec httpd -f -p 8080 -h /www", name));
  }
  void start(const std::string& name, const std::string& script) const {
    const json::object endpoint{{"Aliases", json::array{json::string(host(name))}}};
    world_.start(
        name, script,
        {{"HostConfig", json::object{{"NetworkMode", network_}}},
         {"NetworkingConfig", json::object{{"EndpointsConfig", json::object{{network_, endpoint}}}}}});
  }
  std::string file(std::chrono::seconds hold, const std::string& asks_for_names_every) const {
    auto file = text(configuration(hold));
    for (const std::string timer : {"timeout resolve ", "timeout retry "})
      file.replace(file.find(timer + "1s"), timer.size() + 2, timer + asks_for_names_every);
    return file;
  }
  haproxy::Configuration configuration(std::chrono::seconds hold) const {
    return {.listeners = {{.name = "inside_8080", .port = 8080, .http = true, .backend = backend}},
            .backends = {{.name = backend, .port = 8080, .http = true, .slots = {host("one"), "", ""}},
                         {.name = another_backend, .port = 8081, .http = true, .slots = {"", ""}}},
            .hold = hold};
  }

  World world_;
  std::string network_ = world_.name("net"), address_;
  fs::path directory_ = world_.directory() / "edge";

 public:
  haproxy::Runtime runtime{directory_ / haproxy::socket_name};
};

}  // namespace

TEST_CASE(
    "whom the file seats gets the requests; who is seated and opened gets them as well, until the first is "
    "drained") {
  for (const auto& image : images) {
    CAPTURE(image);
    const Edge edge(image);
    CHECK(edge.asked(3) == std::map<std::string, int>{{"one", 3}});
    CHECK(edge.slot("s1").state == haproxy::Server::State::ready);
    CHECK(edge.slot("s1").host == edge.host("one"));
    CHECK(edge.slot("s1").reachable);
    CHECK(edge.slot("s1").requests == 3);
    CHECK(edge.slot("s2").state == haproxy::Server::State::maintenance);

    edge.runtime.seat({{backend, "s2"}}, edge.host("two"));
    CHECK(edge.asked(3) == std::map<std::string, int>{{"one", 3}});  // seated is not yet open
    edge.runtime.open(backend, "s2", haproxy::full_weight);
    CHECK(edge.asked(10) == std::map<std::string, int>{{"one", 5}, {"two", 5}});
    edge.runtime.drain(backend, "s1");
    CHECK(edge.slot("s1").state == haproxy::Server::State::drain);
    CHECK(edge.asked(5) == std::map<std::string, int>{{"two", 5}});
    edge.runtime.close(backend, "s1");
    CHECK(edge.slot("s1").state == haproxy::Server::State::maintenance);
    edge.runtime.close(backend, "s1");  // once more is fine
    CHECK(edge.asked(5) == std::map<std::string, int>{{"two", 5}});
  }
}

TEST_CASE("who is seated is found at once in each of his slots: HAProxy's own time to ask need not come") {
  for (const auto& image : images) {
    CAPTURE(image);
    const Edge edge(image, std::chrono::seconds(20), "1h");
    edge.runtime.seat({{backend, "s2"}, {another_backend, "s1"}}, edge.host("two"));
    for (const auto& slot : {edge.slot("s2"), edge.slot("s1", another_backend)}) {
      CHECK(slot.host == edge.host("two"));
      CHECK(slot.address == edge.address_of(edge.host("two")));
      CHECK(slot.state == haproxy::Server::State::maintenance);
    }
  }
}

TEST_CASE("who gets a slot that was another's stands at his own address, and is found where he moves to") {
  for (const auto& image : images) {
    CAPTURE(image);
    const Edge edge(image);
    edge.runtime.seat({{backend, "s2"}}, edge.host("two"));
    edge.runtime.open(backend, "s2", haproxy::full_weight);
    edge.runtime.close(backend, "s2");
    edge.runtime.seat({{backend, "s2"}}, edge.host("three"));
    CHECK(edge.slot("s2").address == edge.address_of(edge.host("three")));
    edge.runtime.open(backend, "s2", haproxy::full_weight);
    edge.runtime.close(backend, "s1");
    CHECK(edge.asked(3) == std::map<std::string, int>{{"three", 3}});

    const auto before = edge.address_of(edge.host("three"));
    edge.move("three");
    REQUIRE(edge.address_of(edge.host("three")) != before);
    CHECK(eventually([&] { return edge.asked() == "three"; }));
  }
}

TEST_CASE("requests are shared by the weights") {
  for (const auto& image : images) {
    CAPTURE(image);
    const Edge edge(image);
    edge.runtime.seat({{backend, "s2"}}, edge.host("two"));
    edge.runtime.open(backend, "s1", 64);
    edge.runtime.open(backend, "s2", 192);
    const auto answers = edge.asked(40);
    CHECK(answers.at("one") >= 8);
    CHECK(answers.at("one") <= 12);
    CHECK(edge.slot("s2").weight == 192);
  }
}

TEST_CASE("while nobody is open, requests wait for somebody who is, and those that come meanwhile as well") {
  for (const auto& image : images) {
    CAPTURE(image);
    const Edge edge(image);
    edge.runtime.close(backend, "s1");
    auto first = std::async(std::launch::async, [&] { return edge.asked(); });
    REQUIRE(edge.tries_again());
    auto second = std::async(std::launch::async, [&] { return edge.asked(); });
    edge.runtime.seat({{backend, "s2"}}, edge.host("two"));
    edge.runtime.open(backend, "s2", haproxy::full_weight);
    CHECK(first.get() == "two");
    CHECK(second.get() == "two");
  }
}

TEST_CASE("a request waits as well for one that is open and refuses it, and goes to another that is opened") {
  for (const auto& image : images) {
    CAPTURE(image);
    const Edge edge(image);
    edge.runtime.seat({{backend, "s2"}}, edge.host("refuses"));
    edge.runtime.open(backend, "s2", haproxy::full_weight);
    edge.runtime.close(backend, "s1");
    auto waiting = std::async(std::launch::async, [&] { return edge.asked(); });
    REQUIRE(edge.tries_again());
    edge.runtime.close(backend, "s2");
    edge.runtime.open(backend, "s1", haproxy::full_weight);
    CHECK(waiting.get() == "one");
  }
}

TEST_CASE("who waits for longer than a request is held is refused") {
  for (const auto& image : images) {
    CAPTURE(image);
    const Edge edge(image, std::chrono::seconds(1));
    edge.runtime.close(backend, "s1");
    CHECK(edge.asked() == "503");
  }
}

TEST_CASE("each request is told to who listens, with the slot that answered it; nobody has to listen") {
  for (const auto& image : images) {
    CAPTURE(image);
    const Edge edge(image);
    CHECK(edge.asked() == "one");
    std::mutex mutex;
    std::map<std::string, int> told;
    {
      const haproxy::RequestLog log(edge.directory() / haproxy::log_name,
                                    [&](const haproxy::Answered& answered) {
                                      const std::scoped_lock lock(mutex);
                                      ++told[answered.backend + "/" + answered.slot];
                                    });
      CHECK(edge.asked(5) == std::map<std::string, int>{{"one", 5}});
      CHECK(eventually([&] {
        const std::scoped_lock lock(mutex);
        return told[std::string(backend) + "/s1"] >= 5;  // the line of the first may come as late as this
      }));
    }
    CHECK_FALSE(fs::exists(edge.directory() / haproxy::log_name));
    CHECK(edge.asked() == "one");
  }
}

TEST_CASE("what it refuses is told in its own words; a certificate that it does not have is not replaced") {
  for (const auto& image : images) {
    CAPTURE(image);
    const Edge edge(image);
    try {
      edge.runtime.open(backend, "s9", 1);
      FAIL("there is no such slot");
    } catch (const Error& error) {
      CHECK(error.message().starts_with("HAProxy refuses: set server web_8080/s9"));
      CHECK(error.why().contains("No such server"));
    }
    CHECK_FALSE(edge.runtime.replace_certificate("certificate-1.pem", "nothing"));
    const haproxy::Runtime nowhere("/tmp/belay-it-nowhere/admin.sock");
    CHECK_FALSE(nowhere.answers());
    CHECK_THROWS_WITH_AS(nowhere.servers(), "the edge does not answer", Error);
  }
}
