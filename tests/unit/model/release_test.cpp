#include "model/release.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "samples.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

Release sample() {
  Release release;
  release.id = "20260112-103300-4f2a9c1";
  release.origin = Release::Origin::adopted;
  release.state = Release::State::good;
  release.commit = {.id = "4f2a9c1d", .subject = "Fix", .branch = "main", .dirty = true};
  release.by = {.user = "ana", .machine = "laptop"};
  release.created = parse_iso8601("2026-01-12T10:33:00.123Z");
  release.switched = parse_iso8601("2026-01-12T10:33:40.000Z");
  release.compose_file = "docker-compose.production.yml";
  release.services.push_back({.name = "backend",
                              .image_id = "sha256:00ff",
                              .frozen_image = "crm-backend:20260112-103300-4f2a9c1",
                              .live_image = "crm-backend:latest",
                              .container_names = {"crm-backend"},
                              .containers = {{{"Image", "x"}, {"HostConfig", {{"Binds", {"/a:/b"}}}}}}});
  return release;
}

}  // namespace

TEST_CASE("a release reads back as it was written") {
  const std::string text = release_to_json(sample());
  const Release back = release_from_json(text);
  CHECK(release_to_json(back) == text);
  CHECK(back.state == Release::State::good);
  CHECK(back.switched == sample().switched);
  auto beside = sample();
  beside.accessories = {{"db", "9f86d081"}};
  CHECK(release_from_json(release_to_json(beside)).accessories == beside.accessories);
  CHECK(back.services.at(0).containers.at(0) == sample().services[0].containers[0]);
}

TEST_CASE("a release that never served has no time of switching") {
  Release release = sample();
  release.switched = {};
  CHECK_FALSE(release_to_json(release).contains("switched"));
  CHECK(release_from_json(release_to_json(release)).switched == Time{});
}

TEST_CASE("the release written by format 1 reads for ever") {
  CHECK(release_to_json(release_from_json(data_file("release-v1.json"))) == release_to_json(sample()));
}

TEST_CASE("a release of a newer format is refused, and so is what is no release") {
  CHECK_THROWS_WITH_AS(release_from_json(R"({"format":2,"id":"x","state":"good"})"),
                       "cannot read this release", Error);
  CHECK_THROWS_WITH_AS(release_from_json(R"({"format":1,"id":"x"})"), "cannot read release.state", Error);
  CHECK_THROWS_WITH_AS(release_from_json(R"({"format":1,"id":"x","state":"splendid"})"),
                       "cannot read release.state", Error);
  CHECK_THROWS_WITH_AS(release_from_json("{"), "cannot read the release", Error);
  CHECK_THROWS_WITH_AS(release_from_json("[]"), "cannot read the release", Error);
}

TEST_CASE("a release id sorts by time and names its commit") {
  const Time at = parse_iso8601("2026-01-12T10:33:00.999Z");
  const std::string commit = "4f2a9c1d0e5b6a79";
  CHECK(release_id(at, {.id = commit, .subject = {}, .branch = {}, .dirty = false}) ==
        "20260112-103300-4f2a9c1");
  CHECK(release_id(at, {.id = commit, .subject = {}, .branch = {}, .dirty = true}) ==
        "20260112-103300-4f2a9c1-dirty");
  CHECK(release_id(at, {}) == "20260112-103300-adopted");
  CHECK(release_id(at, {.id = {}, .subject = {}, .branch = {}, .dirty = true}) == "20260112-103300-dirty");
}
