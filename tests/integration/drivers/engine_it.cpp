#include <algorithm>
#include <thread>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "world.hpp"

using namespace belay;
using namespace belay::testing;
namespace json = boost::json;

namespace {

std::string refusal(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.message() + ": " + error.why();
  }
  return "";
}

}  // namespace

TEST_CASE("the Engine says its versions") {
  const World world;
  CHECK(world.engine.version() == sh({"docker", "version", "--format", "{{.Server.Version}}"}));
  CHECK(world.engine.api_version() == sh({"docker", "version", "--format", "{{.Server.APIVersion}}"}));
}

TEST_CASE("a container is created, started, stopped, renamed and removed, and each state is seen") {
  const World world;
  const docker::Engine& engine = world.engine;
  const std::string id =
      world.create("life", "trap 'exit 7' TERM; while :; do sleep 0.1; done",
                   {{"Labels", json::object{{"belay.it", world.name("life")}}}, {"StopTimeout", 20}});
  CHECK(engine.inspect(id)->container.state == "created");
  engine.start(id);
  engine.start(id);  // started already: fine
  const auto running = engine.inspect(world.name("life"));
  REQUIRE(running);
  CHECK(running->container.id == id);
  CHECK(running->container.running());
  CHECK(running->container.image == "busybox");
  CHECK(running->container.image_id == engine.image_id("busybox"));
  CHECK(!running->addresses.empty());
  CHECK(std::chrono::abs(now() - running->started) < std::chrono::minutes(5));

  const auto listed = engine.containers({"belay.it=" + world.name("life")});
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].name == world.name("life"));
  CHECK(listed[0].id == id);
  CHECK(listed[0].state == "running");
  CHECK(listed[0].image_id == running->container.image_id);
  CHECK(engine.containers({"belay.it=" + world.name("life"), "belay.it.no"}).empty());

  engine.stop(id);
  engine.stop(id);  // stopped already: fine
  const auto stopped = engine.inspect(id);
  CHECK(stopped->container.state == "exited");
  CHECK(stopped->exit_code == 7);  // its own handler, not SIGKILL

  engine.rename(id, world.name("other"));
  CHECK(!engine.container_named(world.name("life")));
  CHECK(engine.container_named(world.name("other"))->id == id);
  CHECK(!engine.container_named(id.substr(0, 12)));  // an id is no name
  CHECK(!engine.container_named(world.name("oth")));

  engine.set_restart_policy(id, "on-failure", 3);
  CHECK(engine.inspect(id)->restart_policy == "on-failure");
  CHECK(engine.inspect(id)->restart_maximum == 3);
  engine.set_restart_policy(id, "no", 0);
  CHECK(engine.inspect(id)->restart_policy == "no");

  engine.remove(id);
  engine.remove(id);  // absent: fine
  CHECK(!engine.inspect(id));
}

TEST_CASE("a container that ignores its stop signal is killed after the limit, and the call outlasts that") {
  const World world;
  const std::string id = world.start("stubborn", "trap '' TERM; while :; do sleep 0.1; done");
  world.engine.stop(id, std::chrono::seconds(1));
  CHECK(world.engine.inspect(id)->exit_code == 137);
}

TEST_CASE("a running container is removed; its anonymous volumes only on request") {
  const World world;
  const std::string id =
      world.start("volume", "sleep 1000", {{"Volumes", json::object{{"/data", json::object{}}}}});
  const auto mounts = world.engine.inspect(id)->raw.at("Mounts").get_array();
  REQUIRE(mounts.size() == 1);
  const std::string volume(mounts[0].get_object().at("Name").get_string());
  world.engine.remove(id);
  CHECK(world.engine.volume(volume).has_value());
  sh({"docker", "volume", "rm", volume});
  const std::string other =
      world.start("other-volume", "sleep 1000", {{"Volumes", json::object{{"/data", json::object{}}}}});
  const std::string its(world.engine.inspect(other)->raw.at("Mounts").at(0).at("Name").get_string());
  world.engine.remove(other, docker::Engine::AnonymousVolumes::remove);
  CHECK_FALSE(world.engine.volume(its).has_value());
}

TEST_CASE("what the Engine refuses is an Error in its own words") {
  const World world;
  const std::string absent = world.name("absent");
  CHECK(!world.engine.inspect(absent));
  CHECK(refusal([&] { world.engine.start(absent); }).contains("No such container: " + absent));
  CHECK(refusal([&] { world.engine.stop(absent); }).contains("No such container"));
  CHECK(refusal([&] { world.engine.rename(absent, "x"); }).contains("No such container"));
  CHECK(refusal([&] {
          world.engine.create(absent, {{"Image", "belay-it-no-such-image"}});
        }).contains("No such image"));
  world.create("twin", "true");
  CHECK(refusal([&] { world.create("twin", "true"); }).contains("already in use"));
}

TEST_CASE("waiting gives the exit code, or ends at the deadline or on stop") {
  const World world;
  CHECK(world.engine.wait(world.start("quick", "exit 3"), {}, soon()) == 3);
  const std::string slow = world.start("slow", "sleep 1000");
  CHECK(refusal([&] {
          world.engine.wait(slow, {}, Deadline::in(std::chrono::milliseconds(200)));
        }).contains("in time"));
  std::stop_source source;
  source.request_stop();
  CHECK(refusal([&] { world.engine.wait(slow, source.get_token(), soon()); }).contains("cancelled"));
}

TEST_CASE("the last lines of a log are read, framed or from a terminal") {
  const World world;
  const std::string script = "echo one; echo two; echo three; printf four";
  const std::string plain = world.start("log", script);
  const std::string terminal = world.start("tty", script, {{"Tty", true}});
  for (const std::string& id : {plain, terminal}) {
    CAPTURE(id);
    world.engine.wait(id, {}, soon());
    CHECK(world.engine.last_log_lines(id, 10) == std::vector<std::string>{"one", "two", "three", "four"});
    CHECK(world.engine.last_log_lines(id, 2) == std::vector<std::string>{"three", "four"});
  }
}

TEST_CASE("both streams of a log are read, each in its order") {
  const World world;
  const std::string id = world.start("streams", "echo out 1; echo err 1 >&2; echo out 2; echo err 2 >&2");
  world.engine.wait(id, {}, soon());
  auto lines = world.engine.last_log_lines(id, 10);
  // The Engine copies the two streams apart from each other: which comes first is open.
  std::ranges::stable_partition(lines, [](const std::string& line) { return line.starts_with("out"); });
  CHECK(lines == std::vector<std::string>{"out 1", "out 2", "err 1", "err 2"});
}

TEST_CASE("a log is followed from its beginning to the container's end") {
  const World world;
  const std::string id = world.start("follow", "echo first; sleep 0.5; echo last");
  std::vector<std::string> lines;
  world.engine.follow_log(id, [&](const std::string& line) { lines.push_back(line); }, {}, soon());
  CHECK(lines == std::vector<std::string>{"first", "last"});

  const std::string endless = world.start("endless", "echo up; sleep 1000");
  std::stop_source source;
  world.engine.follow_log(
      endless, [&](const std::string&) { source.request_stop(); }, source.get_token(), soon());
  CHECK(world.engine.inspect(endless)->container.running());
}

TEST_CASE("a command runs in a container: its words, its exit code, who and where it is; or it is refused") {
  const World world;
  const std::string id = world.start("exec", "exec sleep 1000");
  std::vector<std::string> lines;
  const auto run = [&](const ContainerCommand& command, Deadline deadline = soon()) {
    lines.clear();
    return world.engine.exec(
        id, command, [&](const std::string& line) { lines.push_back(line); }, {}, deadline);
  };
  CHECK(run({.words = {"sh", "-c", "echo one; echo $WORD; id -u; pwd; exit 4"},
             .user = "7",
             .directory = "/bin",
             .environment = {"WORD=two $3"}}) == 4);
  CHECK(lines == std::vector<std::string>{"one", "two $3", "7", "/bin"});
  CHECK(run({.words = {"sh", "-c", "exec >/dev/null 2>&1; sleep 0.5; exit 5"}}) == 5);
  CHECK(refusal([&] {
          run({.words = {"sleep", "1000"}}, Deadline::in(std::chrono::milliseconds(200)));
        }).contains("in time"));
  CHECK(refusal([&] { run({}); }).contains("No exec command specified"));
  int code = 127;  // or the Engine refuses, as a newer one does
  const auto words = refusal([&] { code = run({.words = {"no-such-program"}}); });
  CHECK((code == 126 || code == 127));
  CHECK((words + (lines.empty() ? "" : lines.front())).contains("no-such-program"));
  world.engine.stop(id, std::chrono::seconds(0));
  CHECK(refusal([&] { run({.words = {"true"}}); }).contains("is not running"));
}

TEST_CASE("image tags are set, read and removed; one in use stays") {
  const World world;
  const docker::Engine& engine = world.engine;
  const std::string repository = world.name("image");
  CHECK(!engine.image_id(repository + ":a"));
  const std::string busybox = engine.image_id("busybox").value();
  engine.tag("busybox", repository, "a");
  CHECK(engine.image_id(repository + ":a") == busybox);
  CHECK(std::ranges::count(engine.image_tags(busybox), repository + ":a") == 1);
  CHECK(engine.untag(repository + ":a"));
  CHECK(engine.untag(repository + ":a"));  // absent: fine
  CHECK(!engine.image_id(repository + ":a"));
  CHECK(engine.image_id("busybox") == busybox);
  CHECK(engine.image_tags("sha256:" + std::string(64, '0')).empty());

  // The only tag of an image of its own that a container runs.
  const std::string source = world.create("commit", "true");
  sh({"docker", "commit", source, repository + ":own"});
  const std::string user = engine.create(
      world.name("user"), {{"Image", repository + ":own"}, {"Cmd", json::array{"sleep", "1000"}}});
  engine.start(user);
  CHECK(!engine.untag(repository + ":own"));
  CHECK(engine.image_id(repository + ":own"));
  engine.remove(user);
  CHECK(engine.untag(repository + ":own"));
  CHECK(!engine.image_id(repository + ":own"));
}

TEST_CASE("a container gets all of its networks, whatever the API version takes at once; or it is not made") {
  const World world;
  for (const char* part : {"net-a", "net-b"}) sh({"docker", "network", "create", world.name(part)});
  const auto with = [&](const std::string& first, json::object endpoint) {
    return json::object{
        {"HostConfig", json::object{{"NetworkMode", world.name("net-b")}}},
        {"NetworkingConfig",
         json::object{{"EndpointsConfig",
                       json::object{{first, std::move(endpoint)}, {world.name("net-b"), json::object{}}}}}}};
  };
  const std::string id =
      world.start("networked", "sleep 1000", with(world.name("net-a"), {{"Aliases", json::array{"api"}}}));
  const auto found = world.engine.inspect(id);
  CHECK(found->addresses.size() == 2);
  CHECK(found->addresses.contains(world.name("net-a")));
  CHECK(found->addresses.contains(world.name("net-b")));
  CHECK(sh({"docker", "inspect", id}).contains("\"api\""));

  CHECK(refusal([&] {
          world.create("absent", "true", with(world.name("net-absent"), {}));
        }).contains("not found"));
  // A fixed address needs a subnet that somebody chose: refused when the network is connected, at the second
  // step.
  const json::object fixed{{"IPAMConfig", json::object{{"IPv4Address", "10.1.2.3"}}}};
  CHECK(refusal([&] { world.create("half", "true", with(world.name("net-a"), fixed)); }).contains("subnet"));
  CHECK(!world.engine.container_named(world.name("absent")));
  CHECK(!world.engine.container_named(world.name("half")));
}

TEST_CASE("published ports are told, running or not") {
  const World world;
  const std::string id = world.create(
      "ports", "sleep 1000",
      {{"ExposedPorts", json::object{{"3001/tcp", json::object{}}}},
       {"HostConfig",
        json::object{{"PortBindings",
                      json::object{{"3001/tcp", json::array{json::object{{"HostIp", "127.0.0.1"},
                                                                         {"HostPort", "19017"}}}}}}}}});
  const std::vector<std::string> expected{"127.0.0.1:19017->3001/tcp"};
  CHECK(world.engine.inspect(id)->published == expected);
  world.engine.start(id);
  CHECK(world.engine.inspect(id)->published == expected);
  CHECK(world.engine.inspect(id)->exposed_tcp_ports == std::vector<int>{3001});
}
