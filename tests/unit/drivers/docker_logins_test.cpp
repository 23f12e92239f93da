#include "drivers/docker_logins.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/files.hpp"

using namespace belay;

namespace {

const std::vector<RegistryLogin> logins{{.registry = "ghcr.io", .user = "ci", .password = "s3cret"},
                                        {.registry = "docker.io", .user = "me", .password = "p:w"}};

boost::json::object read(const std::string& text) {
  return boost::json::parse(text).as_object();
}

}  // namespace

TEST_CASE("logins stand beside the user's own, under the names that Docker looks for") {
  const auto config = read(docker::config_with(
      R"({"auths":{"own.example":{"auth":"eDp5"}},"proxies":{"default":{}},"currentContext":"two"})",
      logins));
  const auto& auths = config.at("auths").as_object();
  CHECK(auths.at("own.example").at("auth") == "eDp5");
  CHECK(auths.at("ghcr.io").at("auth") == "Y2k6czNjcmV0");                  // ci:s3cret
  CHECK(auths.at("https://index.docker.io/v1/").at("auth") == "bWU6cDp3");  // me:p:w
  CHECK(config.at("currentContext") == "two");
  CHECK_FALSE(config.contains("credHelpers"));
}

TEST_CASE("a credential store of the user is not asked for these registries") {
  const auto config = read(docker::config_with(R"({"credsStore":"pass"})", logins));
  CHECK(config.at("credsStore") == "pass");
  CHECK(config.at("credHelpers").at("ghcr.io") == "");
}

TEST_CASE("a config.json that is none is said to be so, without its text") {
  CHECK_THROWS_WITH_AS(docker::config_with("{ s3cret", logins), "Docker's config.json cannot be read", Error);
}

TEST_CASE("the directory is its owner's alone, has what the user's has, and is gone with the logins") {
  const TemporaryDirectory place("belay-test");
  const auto own = place.path() / "own", made = place.path() / "run" / "docker";
  make_directories(own / "cli-plugins");
  write_file_atomically(own / "cli-plugins" / "docker-compose", "#!/bin/sh\n", 0755);
  write_file_atomically(own / "config.json", R"({"psFormat":"x"})");
  {
    const docker::Logins held(made, own, logins);
    CHECK(fs::status(made).permissions() == fs::perms::owner_all);
    CHECK(fs::status(made / "config.json").permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(read(read_file(made / "config.json")).at("psFormat") == "x");
    CHECK(fs::is_regular_file(made / "cli-plugins" / "docker-compose"));
  }
  CHECK_FALSE(fs::exists(made));
  CHECK(fs::is_regular_file(own / "cli-plugins" / "docker-compose"));
}
