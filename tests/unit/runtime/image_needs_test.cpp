#include "runtime/image_needs.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"
#include "runtime/compose_model.hpp"

using namespace belay;
using From = ImageNeed::From;
using namespace std::chrono_literals;

namespace {

boost::json::object model(const std::string& services) {
  return boost::json::parse(R"({"name":"shop","services":)" + services + "}").as_object();
}

ImageNeed need(const std::string& service, BuildRule::At at = BuildRule::At::host) {
  return image_needs(model(R"({"web":)" + service + "}"), {"web"}, at).at(0);
}

}  // namespace

TEST_CASE("each pull_policy of compose decides what is asked for") {
  CHECK(need(R"({"image":"a:1","pull_policy":"always"})").from == From::pull);
  CHECK(need(R"({"image":"a:1","pull_policy":"never"})").from == From::here);
  CHECK(need(R"({"image":"a:latest","pull_policy":"missing"})").from == From::missing);
  CHECK(need(R"({"image":"a:latest","pull_policy":"if_not_present"})").from == From::missing);
  CHECK(need(R"({"image":"a","pull_policy":"daily"})").older_than == 24h);
  CHECK(need(R"({"image":"a","pull_policy":"weekly"})").older_than == 7 * 24h);
  const auto every = need(R"({"image":"a","pull_policy":"every_1w2d3h"})");
  CHECK(every.from == From::refresh);
  CHECK(every.older_than == (9 * 24 + 3) * 1h);
  for (const auto* unknown : {"sometimes", "every_", "every_x", "every_1w2"})
    CHECK_THROWS_AS(need(std::string(R"({"image":"a","pull_policy":")") + unknown + "\"}"), Error);
}

TEST_CASE(
    "without a policy what is here is used, as compose does; with build: image a moving tag is looked for") {
  for (const auto* service :
       {R"({"image":"a"})", R"({"image":"ghcr.io/a/b:latest"})", R"({"image":"a:1.2"})"}) {
    CHECK(need(service).from == From::missing);
    CHECK(need(service, BuildRule::At::image).from == From::look);
  }
  CHECK(need(R"({"image":"a@sha256:abc"})").from == From::missing);
  CHECK(need(R"({"image":"a@sha256:abc"})", BuildRule::At::image).from == From::missing);
}

TEST_CASE("what has a build section is built; with build: image it is pulled") {
  const auto* built = R"({"image":"ghcr.io/a/b:1","build":{"context":"."},"pull_policy":"always"})";
  CHECK(need(built).from == From::build);
  CHECK(need(R"({"build":{"context":"."}})").image == "shop-web");
  CHECK(need(built, BuildRule::At::image).from == From::pull);
  CHECK(need(R"({"image":"a:1","build":{"context":"."}})", BuildRule::At::image).from == From::pull);
  CHECK(need(R"({"image":"a@sha256:abc"})", BuildRule::At::image).from == From::missing);
  CHECK_THROWS_WITH_AS(need(R"({"build":{"context":"."}})", BuildRule::At::image),
                       "service web names no image that could be pulled", Error);
}

TEST_CASE("an image that another released service builds is never pulled, whatever its policy") {
  const auto shop = model(R"({"worker":{"image":"docker.io/library/shop-web:latest","pull_policy":"always"},
                              "web":{"build":{"context":"."}},"cache":{"image":"redis:7"}})");
  const auto needs = image_needs(shop, {"worker", "web", "cache"}, BuildRule::At::host);
  CHECK(needs[0].from == From::shared);
  CHECK(needs[0].shared_with == "web");
  CHECK(needs[1].from == From::build);
  CHECK(needs[2].from == From::missing);
  CHECK(image_needs(shop, {"worker"}, BuildRule::At::host)[0].from == From::pull);  // web is not released
}

TEST_CASE("the words for commit and version are put into the images' names") {
  auto shop = model(R"({"web":{"image":"ghcr.io/a/b:{commit}"},"api":{"image":"c:v{version}-{version}"},
                        "db":{"image":"postgres:15"},"own":{"build":{}}})");
  replace_words(shop, {.commit = "4f2a", .version = "1.2"});
  const auto& services = shop.at("services").as_object();
  CHECK(services.at("web").at("image") == "ghcr.io/a/b:4f2a");
  CHECK(services.at("api").at("image") == "c:v1.2-1.2");
  CHECK(services.at("db").at("image") == "postgres:15");
  CHECK(has_words("a:{version}"));
  CHECK_FALSE(has_words("a:version"));
  auto dirty = model(R"({"web":{"image":"a:{commit}"}})");
  CHECK_THROWS_WITH_AS(replace_words(dirty, {}),
                       "the image of service web names {commit}, but what is shipped has none", Error);
}

TEST_CASE("compose pulls from a project that has the images alone") {
  const auto shop =
      model(R"({"web":{"build":{}},"db":{"image":"postgres:15","platform":"linux/amd64","ports":[1]}})");
  const auto pulled = pull_model(shop, image_needs(shop, {"web", "db"}, BuildRule::At::host));
  CHECK(boost::json::serialize(pulled) ==
        R"({"name":"shop","services":{"db":{"image":"postgres:15","platform":"linux/amd64"}}})");
}

TEST_CASE("the tag that keeps an image is in its own repository if the project builds it, else in belay's") {
  const auto shop = model(R"({"web":{"build":{},"image":"x/web:3"},"worker":{"image":"docker.io/x/web:3"},
                              "db":{"image":"postgres:15"}})");
  CHECK(frozen_image_of(shop, "web", "r1") == "x/web:r1");
  CHECK(frozen_image_of(shop, "worker", "r1") == "docker.io/x/web:r1");
  CHECK(frozen_image_of(shop, "db", "r1") == "belay/kept:r1-shop-db");
  CHECK(kept_image("shop", "r", std::string(200, 'x')).size() == std::string("belay/kept:").size() + 128);
}
