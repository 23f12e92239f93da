#include <doctest/doctest.h>

#include "../../unit/drivers/scratch.hpp"
#include "base/error.hpp"
#include "host/project_look.hpp"

using namespace belay;
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

  fs::path live() const { return scratch / "shop"; }
  ProjectFacts facts() const {
    return look_at_project(docker::Engine::connect(), Layout{live()}, environment, files, {}).facts;
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
  CHECK_FALSE(fs::exists(at.live() / "compose.yml"));
}

TEST_CASE("what compose misses is told in its own words, with the cure") {
  const Looked at;
  const auto facts = at.facts();
  CHECK(facts.problem.contains("TAG is not set"));
  CHECK(facts.next.contains(".env"));
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

TEST_CASE("a file of the server's that a Dockerfile copies is told; one that it merely mentions is not") {
  Looked at;
  at.scratch.write("shop/.env", "TAG=7\n");
  for (const auto* const file : {"licence.key", "notes", "version", "mounted.key"})
    at.scratch.write(fs::path("shop") / file, "x");
  at.files["Dockerfile"] =
      "FROM busybox # notes\nCOPY --chown=1 \\\n  ./licence.key \\\n  /app/\nadd [\"mounted.key\", "
      "\"/app\"]\n"
      "COPY config/version /app/\nRUN cat notes\n";
  at.environment.build.with = {"mounted.key"};
  const auto wanted = at.facts().wanted;
  REQUIRE(wanted.size() == 1);
  CHECK(wanted.front().dockerfile == "Dockerfile");
  CHECK(wanted.front().file == "licence.key");
}
