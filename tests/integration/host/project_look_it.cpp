#include <tuple>

#include <doctest/doctest.h>

#include "../../unit/drivers/scratch.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "by_hand.hpp"
#include "host/project_look.hpp"

using namespace belay;
using belay::testing::ByHand;
using belay::testing::Scratch;

namespace {

/// What `check` of an environment `shop` is told.
struct Looked {
  Scratch scratch;
  EnvironmentConfig environment{.name = "production", .services = {"backend"}};
  std::map<std::string, std::string> files{{"compose.yml",
                                            "services:\n  backend:\n    image: shop:${TAG:?TAG is not set}\n"
                                            "    env_file: [.env, config/common.env]\n"
                                            "    ports: ['127.0.0.1:3001:3000']\n"},
                                           {"config/common.env", "COMMON=1\n"}};
  std::map<std::string, std::string> ids;

  fs::path live() const { return scratch / "shop"; }
  ProjectFacts facts() const {
    return look_at_project(docker::Engine::connect(), Layout{live()}, environment, {files, ids}, {}).facts;
  }
};

}  // namespace

TEST_CASE("the project is resolved from the files that would be shipped, beside the host's own .env") {
  Looked at;
  at.scratch.write("shop/.env", "TAG=7\n");
  const auto facts = at.facts();
  CHECK(facts.problem.empty());
  CHECK(facts.name == "shop");
  CHECK(facts.files == std::vector<std::string>{"compose.yml"});
  CHECK(facts.services == std::vector<std::string>{"backend"});
  CHECK(facts.ports == std::vector<int>{3001});
  REQUIRE(facts.gaps.size() == 1);
  CHECK(facts.gaps[0].service == "backend");
  CHECK(facts.gaps[0].kind == ServiceGap::Kind::nothing_serves);
  CHECK(facts.gaps[0].ports == std::vector<int>{3001});
  CHECK_FALSE(fs::exists(at.live() / "compose.yml"));
}

TEST_CASE("what compose misses is told in its own words, with the cure") {
  const Looked at;
  const auto facts = at.facts();
  CHECK(facts.problem.contains("TAG is not set"));
  CHECK(facts.next.contains(".env"));
}

TEST_CASE("a variable that is not set and becomes empty is told once, as compose shows it") {
  Looked at;
  at.files["compose.yml"] =
      "services:\n  backend:\n    image: shop:7\n    environment: { A: '${UNSET}', B: 'x${UNSET}' }\n";
  const auto facts = at.facts();
  CHECK(facts.problem.empty());
  CHECK(facts.warnings ==
        std::vector<std::string>{R"(The "UNSET" variable is not set. Defaulting to a blank string.)"});
  at.environment.values = {{"UNSET", "set"}};
  CHECK(at.facts().warnings.empty());
}

TEST_CASE("a misspelt service is answered with those there are") {
  Looked at;
  at.scratch.write("shop/.env", "TAG=7\n");
  at.environment.services = {"backnd"};
  const auto facts = at.facts();
  CHECK(facts.problem.contains("backnd"));
  CHECK(facts.next.contains("backend"));
}

TEST_CASE("a file that leads out of the source is refused") {
  Looked at;
  at.files.emplace("../outside.yml", "x: 1\n");
  CHECK_THROWS_AS(at.facts(), Error);
  CHECK_FALSE(fs::exists(at.scratch / "outside.yml"));
}

TEST_CASE("an obstacle is told with its place, in whichever of the compose files it is") {
  const std::string web = "services:\n  web:\n    image: shop\n",
                    udp = "    ports: ['127.0.0.1:5353:53/udp']\n";
  struct Case {
    std::string compose;  // as belay.yml names it; empty: found by its name
    std::map<std::string, std::string> files;
    std::string place;
  };
  for (const auto& [compose, files, place] : std::vector<Case>{
           {"", {{"compose.yml", web + udp}}, "compose.yml:4:5"},
           {"",
            {{"compose.yml", web}, {"compose.override.yml", "services:\n  web:\n" + udp}},
            "compose.override.yml:3:5"},
           {"",
            {{"compose.yml", "include: [parts/web.yml]\n"}, {"parts/web.yml", web + udp}},
            "parts/web.yml:4:5"},
           {"deploy/prod.yml",
            {{"deploy/prod.yml", "services:\n  web: { extends: { file: ../base.yml, service: base } }\n"},
             {"base.yml", "services:\n  base:\n    image: shop\n" + udp}},
            "base.yml:4:5"}}) {
    CAPTURE(place);
    Looked at;
    at.environment.services = {"web"};
    at.environment.edge = EdgeConfig{};
    if (!compose.empty()) at.environment.compose = {compose};
    at.files = files;
    const auto facts = at.facts();
    REQUIRE(facts.problem.empty());
    REQUIRE(facts.obstacles.size() == 1);
    CHECK(facts.obstacles[0].what.contains("53/udp"));
    CHECK(facts.obstacles[0].place == place);
  }
}

namespace {

/// Made by hand with `docker KIND create`, under these labels; gone with the test.
struct Made {
  std::string kind, name;
  Made(std::string of_kind, std::string named, const std::vector<std::string>& labels)
      : kind(std::move(of_kind)), name(std::move(named)) {
    std::vector<std::string> words{"docker", kind, "create"};
    for (const auto& one : labels) words.insert(words.end(), {"--label", one});
    words.push_back(name);
    docker(std::move(words));
  }
  ~Made() { docker({"docker", kind, "rm", name}); }
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;
  static void docker(std::vector<std::string> words) {
    REQUIRE(capture({.argv = std::move(words)}, {}, Deadline::in(std::chrono::seconds(30))).ok());
  }
};

/// A container made with `docker run`; gone with the test.
struct Stranger {
  std::string name;
  docker::Engine engine = docker::Engine::connect();
  Stranger(std::string named, const std::vector<std::string>& options) : name(std::move(named)) {
    std::vector<std::string> words{"docker", "run", "--detach", "--name", name};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"busybox", "sleep", "1000"});
    Made::docker(std::move(words));
  }
  ~Stranger() { Made::docker({"docker", "rm", "--force", name}); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  /// Which one it is, and since when it runs.
  std::pair<std::string, Time> run() const {
    const auto found = engine.inspect(name);
    REQUIRE(found);
    CHECK(found->container.running());
    return {found->container.id, found->started};
  }
};

std::vector<std::string> subjects(const ProjectFacts& facts) {
  std::vector<std::string> found;
  for (const auto& obstacle : facts.obstacles) found.push_back(obstacle.subject + ": " + obstacle.what);
  return found;
}

}  // namespace

TEST_CASE("networks: what compose would refuse, or make anew, is an obstacle; what it keeps is a warning") {
  Looked at;
  at.scratch.write("shop/.env", "TAG=7\n");
  at.environment.project = "belay-look-it";
  at.files["compose.yml"] =
      "services:\n  backend:\n    image: shop:7\n    networks: [front, other]\n"
      "networks:\n  front: { internal: true }\n  other: { external: true, name: belay-look-it-other }\n";
  const std::string front = "belay-look-it_front", label = "com.docker.compose.network=front";
  const std::string of_project = "com.docker.compose.project=belay-look-it";
  CHECK(subjects(at.facts()) ==
        std::vector<std::string>{"network: belay-look-it-other is external, and not there"});

  const Made other("network", "belay-look-it-other", {});
  CHECK(at.facts().obstacles.empty());
  {
    const Made by_hand("network", front, {});
    CHECK(subjects(at.facts()) ==
          std::vector<std::string>{
              "network: belay-look-it_front was made by hand, not by compose as the network front"});
  }
  {
    const Made older("network", front, {label, of_project});
    const auto facts = at.facts();
    CHECK(facts.obstacles.empty());
    REQUIRE(facts.warnings.size() == 1);
    CHECK(facts.warnings.front().contains("internal is true, it was made with false"));
  }
  const Made newer("network", front, {label, of_project, "com.docker.compose.config-hash=ab"});
  const auto facts = at.facts();
  REQUIRE(facts.obstacles.size() == 1);
  CHECK(facts.obstacles.front().what.contains("internal is true, it was made with false"));
}

TEST_CASE(
    "a network or volume of another project is used as compose uses it, and its owner is told; never "
    "removed") {
  Looked at;
  at.scratch.write("shop/.env", "TAG=7\n");
  at.environment.project = "belay-look-it";
  const auto compose = [](const std::string& network) {
    return "services:\n  backend:\n    image: shop:7\n    networks: [front]\n    volumes: ['data:/data']\n"
           "networks:\n  front: {" +
           network + "}\nvolumes:\n  data: {}\n";
  };
  at.files["compose.yml"] = compose("");
  const std::string blog = "com.docker.compose.project=blog";
  const Made volume("volume", "belay-look-it_data", {blog, "com.docker.compose.volume=data"});
  {
    const Made network("network", "belay-look-it_front",
                       {blog, "com.docker.compose.network=front", "com.docker.compose.config-hash=ab"});
    const auto used = at.facts();
    CHECK(used.obstacles.empty());
    REQUIRE(used.warnings.size() == 2);
    CHECK(used.warnings[0].starts_with(
        "network belay-look-it_front is of compose project blog, and project belay-look-it uses it"));
    CHECK(used.warnings[1].starts_with(
        "volume belay-look-it_data is of compose project blog, and project belay-look-it uses it"));

    at.files["compose.yml"] = compose(" internal: true ");
    const auto refused = at.facts();
    REQUIRE(refused.obstacles.size() == 1);
    CHECK(refused.obstacles[0].what ==
          "belay-look-it_front is of compose project blog; compose would remove it and make it anew:\n"
          "internal is true, it was made with false");
  }
  const Made network("network", "belay-look-it_front", {blog, "com.docker.compose.network=back"});
  CHECK(
      subjects(at.facts()) ==
      std::vector<std::string>{"network: belay-look-it_front was made as the network back of compose project "
                               "blog, not by compose as the network front"});
}

TEST_CASE("a named volume whose definition changes stays as it was made, and that is told") {
  Looked at;
  at.environment.project = "belay-look-it";
  const auto compose = [](const std::string& volume) {
    return "name: belay-look-it\nservices:\n  backend:\n    image: busybox\n    command: sleep 1000\n"
           "    volumes: ['data:/data']\nvolumes:\n  data: {" +
           volume + "}\n";
  };
  at.files = {{"compose.yml", compose("")}};
  at.scratch.write("shop/compose.yml", compose(""));
  const ByHand by_hand(at.live());
  CHECK(at.facts().warnings.empty());
  at.files["compose.yml"] =
      compose(" labels: { team: a }, driver_opts: { type: tmpfs, device: tmpfs, o: size=5m } ");
  const auto facts = at.facts();
  CHECK(facts.obstacles.empty());
  REQUIRE(facts.warnings.size() == 1);
  CHECK(facts.warnings[0].starts_with(
      "volume belay-look-it_data stays as it was made, as with docker compose up: "));
  for (const auto* change :
       {"driver_opts.type is tmpfs, it was made with none", "labels.team is a, it was made with none"})
    CHECK(facts.warnings[0].contains(change));
  by_hand.compose({"down", "--volumes", "--timeout", "0"});
}

TEST_CASE(
    "containers that others made, under a wanted name and with a wanted port, are told with their owner and "
    "go on") {
  Looked at;
  at.environment.project = "belay-look-it";
  at.files["compose.yml"] =
      "services:\n  backend: { image: busybox, container_name: belay-look-it-taken, ports: ['18427:80'] }\n"
      "  db: { image: busybox, container_name: belay-look-it-db }\n";
  const auto conflict = [](const std::string& name) {
    return "project: project belay-look-it collides with containers of another owner:\nthe name " + name +
           " has a container made without compose (image busybox)";
  };
  // An image that compose built gives the project's labels to what is run of it.
  const Stranger named("belay-look-it-taken", {"--label", "com.docker.compose.project=belay-look-it",
                                               "--label", "com.docker.compose.service=backend"});
  const Stranger other("belay-look-it-db", {}),
      port("belay-look-it-port", {"--publish", "127.0.0.1:18427:80"});
  const auto before = std::tuple(named.run(), other.run(), port.run());
  const std::string taken = "ports: taken by others: 18427 by container belay-look-it-port";
  const auto facts = at.facts();
  CHECK(subjects(facts) == std::vector<std::string>{conflict("belay-look-it-taken"), taken});
  for (const auto& obstacle : facts.obstacles) CHECK_FALSE(obstacle.remedy.empty());

  at.environment.accessories = Accessories::as_compose;
  CHECK(
      subjects(at.facts()) ==
      std::vector<std::string>{conflict("belay-look-it-taken") +
                                   "\nthe name belay-look-it-db has a container made without compose (image "
                                   "busybox)",
                               taken});
  CHECK(before == std::tuple(named.run(), other.run(), port.run()));
}

TEST_CASE(
    "two live directories of one name are one project: what the other one runs is told, and is not ours") {
  Looked at;
  const std::string compose =
      "services:\n  backend: { image: busybox, command: sleep 1000, stop_grace_period: 0s }\n";
  at.files = {{"compose.yml", compose}};
  at.scratch.write("other/shop/compose.yml", compose);
  at.scratch.write("shop/compose.yml", compose);
  const auto elsewhere = at.scratch / "other/shop";
  {
    const ByHand by_hand(elsewhere);
    const auto look =
        look_at_project(docker::Engine::connect(), Layout{at.live()}, at.environment, {at.files, at.ids}, {});
    CHECK(look.containers.empty());
    CHECK(subjects(look.facts) ==
          std::vector<std::string>{"project: project shop collides with containers of another "
                                   "owner:\ncontainer shop-backend-1 is of "
                                   "compose project shop in " +
                                   elsewhere.string()});
    at.environment.project = "belay-look-it";
    CHECK(at.facts().obstacles.empty());
    at.environment.project.clear();
  }
  const ByHand by_hand(at.live());
  CHECK(at.facts().obstacles.empty());
}

TEST_CASE(
    "a file of the server's that a Dockerfile names is told, whichever instruction does; a comment does "
    "not") {
  Looked at;
  at.scratch.write("shop/.env", "TAG=7\n");
  for (const auto* const file : {"licence.key", "notes", "mounted.key"})
    at.scratch.write(fs::path("shop") / file, "x");
  at.files["Dockerfile"] =
      "FROM busybox\n # notes\nCOPY --chown=1 \\\n  ./licence.key \\\n  /app/\nadd [\"mounted.key\", "
      "\"/app\"]\n"
      "COPY . /app\nRUN . /app/.env && echo \"$URL\"\n";
  at.environment.build.with = {"mounted.key"};
  std::vector<std::string> wanted;
  for (const auto& one : at.facts().wanted) wanted.push_back(one.dockerfile + " " + one.file);
  CHECK(wanted == std::vector<std::string>{"Dockerfile .env", "Dockerfile licence.key"});
}

TEST_CASE(
    "what is not released and differs from what would be shipped is told: its definition, its mounted file") {
  Looked at;
  at.environment.project = "belay-look-it";
  const std::string head =
      "name: belay-look-it\nservices:\n  backend: { image: busybox, command: sleep 1000 }\n";
  const std::string conf = "    volumes: ['./db.conf:/etc/db.conf:ro']\n";
  const std::string db = "  db:\n    image: busybox\n    command: sleep 1000\n" + conf;
  at.files = {{"compose.yml", head + db}};
  at.ids = {{"db.conf", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"}};  // git's id of an empty file
  at.scratch.write("shop/compose.yml", head + db);
  at.scratch.write("shop/db.conf", "");
  const ByHand by_hand(at.live());
  CHECK(at.facts().problem.empty());
  CHECK(at.facts().accessories.empty());

  at.scratch.write("shop/db.conf", "other");
  auto stale = at.facts().accessories;
  REQUIRE(stale.size() == 1);
  CHECK(stale.front().what ==
        "db (not released) mounts what this release changes: db.conf; it goes on as it runs");

  at.files["compose.yml"] = head + "  db:\n    image: busybox\n    command: sleep 2000\n" + conf;
  at.ids.clear();
  stale = at.facts().accessories;
  REQUIRE(stale.size() == 1);
  CHECK(stale.front().what ==
        "db (not released) differs from the compose file: command sleep 1000 → sleep 2000; it goes on as it "
        "runs");
  CHECK(stale.front().remedy == "belay up production db");
}

TEST_CASE("a released service that runs on with a mounted file that changes is told beforehand") {
  Looked at;
  at.environment.project = "belay-look-it";
  at.environment.services = {"backend", "built", "dir"};
  const auto compose = [](const std::string& command, const std::string& build) {
    return "name: belay-look-it\nservices:\n  backend:\n    image: busybox\n    command: " + command +
           "\n    volumes: ['./web.conf:/etc/web.conf:ro']\n  built:\n    image: busybox\n    command: sleep "
           "1000\n" +
           build + "    volumes: ['./web.conf:/etc/web.conf:ro']\n" +
           "  dir:\n    image: busybox\n    command: sleep 1000\n    volumes: ['./:/conf:ro']\n";
  };
  const std::string build = "    build: .\n";
  at.files = {{"compose.yml", compose("sleep 1000", build)}};
  at.ids = {{"web.conf", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"}};  // git's id of an empty file
  at.scratch.write("shop/compose.yml", compose("sleep 1000", ""));
  at.scratch.write("shop/web.conf", "");
  const ByHand by_hand(at.live());
  CHECK(at.facts().problem.empty());
  CHECK(at.facts().old_files.empty());

  at.scratch.write("shop/web.conf", "other");
  const auto told = at.facts().old_files;
  REQUIRE(told.size() == 2);
  CHECK(told[0].what == "backend is unchanged and goes on with the web.conf of before, which it has mounted");
  CHECK(told[0].remedy == "docker compose restart backend  (in " + at.live().string() + ", on the host)");
  CHECK(
      told[1].what ==
      "If its build makes the same image again, built is unchanged and goes on with the web.conf of before, "
      "which it has mounted");

  at.files["compose.yml"] = compose("sleep 2000", build);
  const auto without_backend = at.facts().old_files;
  REQUIRE(without_backend.size() == 1);
  CHECK(without_backend[0].service == "built");
  at.environment.edge = EdgeConfig{};
  CHECK(at.facts().old_files.empty());
}

TEST_CASE("what runs for a service that the compose file does not have is told, and whose it is not") {
  Looked at;
  at.environment.project = "belay-look-it";
  const std::string head =
      "name: belay-look-it\nservices:\n  backend: { image: busybox, command: sleep 1000 }\n";
  at.files = {{"compose.yml", head}};
  at.scratch.write("shop/compose.yml", head + "  jobs: { image: busybox, command: sleep 1000 }\n");
  const ByHand by_hand(at.live());
  const auto facts = at.facts();
  CHECK(facts.problem.empty());
  CHECK(facts.obstacles.empty());
  REQUIRE(facts.warnings.size() == 1);
  CHECK(
      facts.warnings.front().contains("belay-look-it-jobs-1 runs for service jobs, which the compose file "
                                      "does not have: it goes on running"));
}
