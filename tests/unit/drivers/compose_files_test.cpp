#include "drivers/compose_files.hpp"

#include <doctest/doctest.h>

#include "base/files.hpp"

using namespace belay;

namespace {

struct Source {
  TemporaryDirectory directory{"belay-test"};
  fs::path path = directory.path();
  void has(const std::string& name, const std::string& text = "services: {}\n") const {
    write_file_atomically(path / name, text);
  }
  std::vector<std::string> files(const std::vector<std::string>& named = {}) const {
    return compose::files_of(named, path, {path / ".env"});
  }
};

using Files = std::vector<std::string>;

}  // namespace

TEST_CASE("compose's own order of names, and the override beside the file") {
  const Source source;
  CHECK(source.files().empty());
  CHECK(compose::main_file_of({}, source.path, {}) == "compose.yaml");
  source.has("docker-compose.yaml");
  CHECK(source.files() == Files{"docker-compose.yaml"});
  source.has("docker-compose.yml");
  CHECK(source.files() == Files{"docker-compose.yml"});
  source.has("docker-compose.override.yml");
  source.has("compose.yml");
  CHECK(source.files() == Files{"compose.yml", "docker-compose.override.yml"});
  source.has("compose.yaml");
  source.has("compose.override.yaml");
  CHECK(source.files() == Files{"compose.yaml", "compose.override.yaml"});
}

TEST_CASE("files that are named are taken as they are, without the override") {
  const Source source;
  source.has("compose.yaml");
  source.has("compose.override.yaml");
  source.has(".env", "COMPOSE_FILE=other.yml\n");
  CHECK(source.files({"a.yml", "b.yml"}) == Files{"a.yml", "b.yml"});
}

TEST_CASE("COMPOSE_FILE of the .env names them, with its separator") {
  const Source source;
  source.has("compose.yaml");
  source.has(".env", "# COMPOSE_FILE=no.yml\nTAG=1\nexport COMPOSE_FILE=\"base.yml:prod.yml\" # both\n");
  CHECK(source.files() == Files{"base.yml", "prod.yml"});
  source.has(".env", "COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=base.yml,prod.yml # both\n");
  CHECK(source.files() == Files{"base.yml", "prod.yml"});
  source.has(".env", "COMPOSE_FILE=\n");
  CHECK(source.files() == Files{"compose.yaml"});
}
