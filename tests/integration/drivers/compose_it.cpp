#include <cstdlib>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "world.hpp"

using namespace belay;
using namespace belay::testing;
namespace json = boost::json;

namespace {

std::vector<std::string> compose_command(const compose::Project& project,
                                         std::vector<std::string> arguments) {
  std::vector<std::string> argv{
      "docker",     "compose", "--project-directory",         project.directory.string(), "--project-name",
      project.name, "--file",  project.files.front().string()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

std::vector<docker::Container> of_service(const World& world, const compose::Project& project) {
  return world.engine.containers(
      {"com.docker.compose.project=" + project.name, "com.docker.compose.service=backend"});
}

/// Two images of this test's own under one repository.
std::string image_with_marker(const World& world, const std::string& tag, const std::string& marker) {
  const std::string id = world.create("image-" + tag, "true");
  sh({"docker", "commit", "--change", "LABEL marker=" + marker, id, world.name("backend:" + tag)});
  world.engine.remove(id);
  return world.engine.image_id(world.name("backend:" + tag)).value();
}

std::string model(const World& world, const std::string& more) {
  return "services:\n  backend:\n    image: " + world.name("backend:latest") +
         "\n    command: [sleep, '1000']\n    stop_signal: SIGKILL\n" + more +
         "  other:\n    image: busybox\n    command: [sleep, '1000']\n";
}

/// The labels compose itself would give service backend's first container.
json::object labels_of(const compose::Project& project, const std::string& image_id) {
  return {{"com.docker.compose.project", project.name},
          {"com.docker.compose.service", "backend"},
          {"com.docker.compose.container-number", "1"},
          {"com.docker.compose.oneoff", "False"},
          {"com.docker.compose.config-hash", compose::service_hashes(project, {}, soon()).at("backend")},
          {"com.docker.compose.image", image_id},
          {"com.docker.compose.project.config_files", project.files.front().string()},
          {"com.docker.compose.project.working_dir", project.directory.string()},
          {"com.docker.compose.depends_on", ""},
          {"com.docker.compose.version", compose::version({})}};
}

}  // namespace

TEST_CASE("compose says its version, the resolved model and a service's hash") {
  const World world;
  CHECK(sh({"docker", "compose", "version", "--short"}).contains(compose::version({})));
  write_file_atomically(world.directory() / ".env", "PORT=19019\n");
  const compose::Project project = world.project(
      "services:\n  backend:\n    image: busybox\n    ports: "
      "['${PORT}:3001']\n");
  const json::object resolved = compose::resolved(project, {}, soon());
  const json::value& port = resolved.at("services").at("backend").at("ports").at(0);
  CHECK(port.at("published") == "19019");
  CHECK(resolved.at("name").get_string() == project.name);
  const std::string hash = compose::service_hashes(project, {}, soon()).at("backend");
  CHECK(hash.size() == 64);
  sh(compose_command(project, {"create"}));
  REQUIRE(of_service(world, project).size() == 1);
  CHECK(of_service(world, project)[0].labels.at("com.docker.compose.config-hash") == hash);
  CHECK_FALSE(compose::service_hashes(project, {}, soon()).contains("nobody"));
}

TEST_CASE(
    "a model that refers to a container's id has, as it is, the hash that compose gives such a container") {
  const World world;
  const compose::Project project = world.project(model(world, "    volumes_from: [other]\n"));
  image_with_marker(world, "latest", "one");
  sh(compose_command(project, {"create", "--pull", "never"}));
  const auto made = of_service(world, project);
  REQUIRE(made.size() == 1);
  const auto other = world.engine.containers(
      {"com.docker.compose.project=" + project.name, "com.docker.compose.service=other"});
  REQUIRE(other.size() == 1);
  auto resolved = compose::resolved(project, {}, soon());
  resolved.at("services").at("backend").as_object()["volumes_from"] = json::array{other[0].id.c_str()};
  write_file_atomically(project.files.front(), json::serialize(resolved));
  CHECK(compose::service_hashes(project, {}, soon(), compose::Reading::as_it_is).at("backend") ==
        made[0].labels.at("com.docker.compose.config-hash"));
}

TEST_CASE("a mistake in the compose file comes back in compose's own words") {
  const World world;
  try {
    compose::resolved(world.project("services:\n  backend:\n    imagge: busybox\n"), {}, soon());
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.why().contains("imagge"));
  }
}

TEST_CASE("a build shows its lines, and a failing one ends with them") {
  const World world;
  const std::string yaml = "services:\n  backend:\n    image: " + world.name("built") + "\n    build: .\n";
  write_file_atomically(world.directory() / "Dockerfile", "FROM busybox\nRUN echo hello-from-the-build\n",
                        0644);
  std::string shown;
  const auto collect = [&](const std::string& line) { shown += line + "\n"; };
  compose::build(world.project(yaml), {"backend"}, collect, {}, soon());
  CHECK(shown.contains("hello-from-the-build"));
  CHECK(world.engine.image_id(world.name("built")));

  write_file_atomically(world.directory() / "Dockerfile", "FROM busybox\nRUN echo it-breaks-here; exit 9\n",
                        0644);
  try {
    compose::build(world.project(yaml), {"backend"}, {}, {}, soon());
    FAIL("it was built");
  } catch (const Error& error) {
    CHECK(error.message() == "building backend failed");
    CHECK(error.why().contains("it-breaks-here"));
    CHECK(error.why().contains("exit code: 9"));
  }
}

TEST_CASE("a container of each service is created, not started, without what it depends on") {
  const World world;
  world.engine.tag("busybox", world.name("backend"), "latest");
  const compose::Project project = world.project(model(world, "    depends_on: [other]\n"));
  compose::create(project, {"backend"}, compose::Containers::one, {}, soon());
  const auto containers = world.engine.containers({"com.docker.compose.project=" + project.name});
  REQUIRE(containers.size() == 1);
  CHECK(containers[0].state == "created");
  CHECK(containers[0].labels.at("com.docker.compose.service") == "backend");
}

TEST_CASE("networks and volumes are made without a container") {
  const World world;
  world.engine.tag("busybox", world.name("backend"), "latest");
  const compose::Project project =
      world.project(model(world, "    volumes: ['data:/data']\n") + "volumes:\n  data:\n");
  compose::create(project, {"backend"}, compose::Containers::none, {}, soon());
  CHECK(world.engine.containers({"com.docker.compose.project=" + project.name}).empty());
  CHECK(world.engine.network(project.name + "_default").has_value());
  CHECK(world.engine.volume(project.name + "_data").has_value());
  CHECK_FALSE(world.engine.volume(project.name + "_dat").has_value());
}

TEST_CASE("of the caller's environment compose sees Docker's part, not the app's") {
  const World world;
  ::setenv("VERSION_OF_THE_CALLER", "leaked", 1);
  compose::Project project =
      world.project("services:\n  backend:\n    image: 'busybox:${VERSION_OF_THE_CALLER:-latest}'\n");
  const auto image = [&] {
    return compose::resolved(project, {}, soon()).at("services").at("backend").at("image").as_string();
  };
  CHECK(image() == "busybox:latest");
  project.values.emplace("VERSION_OF_THE_CALLER", "given");
  CHECK(image() == "busybox:given");
  ::unsetenv("VERSION_OF_THE_CALLER");
}

// What settle relies on: operators go on with plain compose after a deployment,
// and it must not replace what belay made.
TEST_CASE(
    "compose leaves a container alone that carries the labels compose "
    "itself would have given it") {
  const World world;
  const std::string one = image_with_marker(world, "latest", "one");
  const std::string ports =
      "    container_name: " + world.name("backend") + "\n    ports: ['127.0.0.1:19021:3001']\n";
  const compose::Project project = world.project(model(world, ports));
  sh(compose_command(project, {"up", "--detach", "--no-deps", "backend"}));
  const auto old = world.engine.inspect(world.name("backend"));
  REQUIRE(old);

  // The next release: another image under the same tag, another model, a clone
  // under corrected labels.
  const std::string two = image_with_marker(world, "latest", "two");
  REQUIRE(one != two);
  const compose::Project next = world.project(model(world, ports + "    environment: { RELEASE: two }\n"));
  json::object body = docker::create_body_of(old->raw);
  body["Env"] = json::array{"RELEASE=two"};
  body["Image"] = two;  // by its id: a tag may move at any time
  body["Labels"] = labels_of(next, two);
  const std::string candidate = world.engine.create(world.name("candidate"), body);
  world.engine.stop(old->container.id, std::chrono::seconds(0));
  world.engine.start(candidate);
  world.engine.remove(old->container.id);
  world.engine.rename(candidate, world.name("backend"));

  const std::vector<std::string> up = compose_command(next, {"up", "--detach", "--no-deps", "backend"});
  const Captured said = capture({.argv = up}, {}, soon());
  REQUIRE(said.ok());
  CHECK((said.out + said.err).contains("Running"));
  const auto after = of_service(world, next);
  REQUIRE(after.size() == 1);
  CHECK(after[0].id == candidate);
  CHECK(world.engine.inspect(candidate)->container.running());

  // And the test can tell: with another hash, or another image, compose does
  // replace it.
  SUBCASE("a changed model is still noticed") {
    world.project(model(world, ports + "    environment: { RELEASE: three }\n"));
    sh(up);
    CHECK(of_service(world, next).at(0).id != candidate);
  }
  SUBCASE("a moved tag is still noticed") {
    image_with_marker(world, "latest", "three");
    sh(up);
    CHECK(of_service(world, next).at(0).id != candidate);
  }
}
