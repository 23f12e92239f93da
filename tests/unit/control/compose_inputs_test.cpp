#include "control/compose_inputs.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "../drivers/scratch.hpp"

using namespace belay;
using belay::testing::Scratch;

namespace {

std::vector<std::string> keys(const std::map<std::string, std::string>& map) {
  std::vector<std::string> found;
  for (const auto& [key, value] : map) found.push_back(key);
  return found;
}

}  // namespace

TEST_CASE("of what containers mount, a file or a directory, git's names of the contents are told") {
  const Scratch scratch;
  scratch.write(
      "deploy/compose.yml",
      "services:\n  web:\n    image: nginx\n    volumes:\n      - ./nginx.conf:/etc/nginx/nginx.conf:ro\n"
      "      - ../conf.d:/etc/nginx/conf.d\n      - { type: bind, source: ./long, target: /long }\n");
  scratch.write("deploy/nginx.conf", "events {}\n");
  scratch.write("deploy/long/a", "");
  scratch.write("conf.d/site.conf", "x");
  scratch.write("app/unnamed.js", "x");
  const auto inputs = compose_inputs_of(scratch.path());
  CHECK(keys(inputs.ids) ==
        std::vector<std::string>{"conf.d/site.conf", "deploy/long/a", "deploy/nginx.conf"});
  CHECK(inputs.ids.at("deploy/long/a") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  CHECK(inputs.texts.contains("deploy/nginx.conf"));
}

TEST_CASE(
    "all of the source, what lies outside of it and a directory of thousands of files are told nothing of") {
  const Scratch scratch;
  scratch.write(
      "source/compose.yml",
      "services:\n  web:\n    build: .\n    volumes: ['.:/app', '../outside:/o', './many:/many']\n");
  scratch.write("outside/file", "x");
  scratch.write("source/app.js", "x");
  for (int i = 0; i <= 1000; ++i) scratch.write(fmt::format("source/many/{}", i), "");
  CHECK(compose_inputs_of(scratch / "source").ids.empty());
}
