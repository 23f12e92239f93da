#include "runtime/compose_model.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "../drivers/scratch.hpp"
#include "base/error.hpp"
#include "model/labels.hpp"

using namespace belay;
using belay::testing::Scratch;
namespace json = boost::json;

namespace {

json::object model_of(const std::string& service, const std::string& more = "{}") {
  auto parsed = json::parse(more).as_object();
  return {{"name", "shop"}, {"services", json::object{{service, std::move(parsed)}, {"db", json::object{}}}}};
}

const json::object& service_in(const json::object& model, const std::string& name) {
  return model.at("services").as_object().at(name).as_object();
}

/// A live directory and a release's source, with compose's resolved volume of `path` in the live one.
struct Directories {
  Scratch scratch;
  fs::path live = scratch / "live", source = scratch / "live/.belay/releases/r/source";

  json::object candidate_with(json::object volume) const {
    auto model = model_of("web");
    model.at("services").as_object().at("web").as_object()["volumes"] = json::array{std::move(volume)};
    return candidate_model(model, {"web"}, live, source, "r", "n");
  }
  std::string mounted(const std::string& path, bool read_only) const {
    json::object volume{{"type", "bind"}, {"source", (live / path).string()}, {"target", "/x"}};
    if (read_only) volume["read_only"] = true;
    const auto model = candidate_with(volume);
    return std::string(
        service_in(model, "web").at("volumes").as_array().at(0).as_object().at("source").as_string());
  }
};

}  // namespace

TEST_CASE("a service without an image is known by compose's default name") {
  CHECK(live_image_of(model_of("web"), "web") == "shop-web");
  CHECK(live_image_of(model_of("web", R"({"image":"me/web:2"})"), "web") == "me/web:2");
}

TEST_CASE("a service that the compose file does not have is named in the refusal") {
  CHECK_THROWS_WITH_AS(live_image_of(model_of("web"), "wbe"), "the compose file has no service \"wbe\"",
                       Error);
}

TEST_CASE("the frozen tag replaces the live one, not the port of a registry") {
  CHECK(frozen_image("web", "r1") == "web:r1");
  CHECK(frozen_image("web:latest", "r1") == "web:r1");
  CHECK(frozen_image("registry.example:5000/me/web", "r1") == "registry.example:5000/me/web:r1");
  CHECK(frozen_image("registry.example:5000/me/web:2", "r1") == "registry.example:5000/me/web:r1");
  CHECK(frozen_image("web@sha256:0123", "r1") == "web:r1");
  CHECK(frozen_image("web:2@sha256:0123", "r1") == "web:r1");
}

TEST_CASE("a fixed container name is the only one") {
  CHECK(container_names_of(model_of("web", R"({"container_name":"the-web"})"), "web") ==
        std::vector<std::string>{"the-web"});
}

TEST_CASE("replicas are numbered as compose numbers them") {
  CHECK(container_names_of(model_of("web"), "web") == std::vector<std::string>{"shop-web-1"});
  const std::vector<std::string> two{"shop-web-1", "shop-web-2"};
  CHECK(container_names_of(model_of("web", R"({"scale":2})"), "web") == two);
  CHECK(container_names_of(model_of("web", R"({"deploy":{"replicas":2}})"), "web") == two);
}

TEST_CASE("a candidate's name tells attempts apart") {
  CHECK(candidate_name("web", "a") != candidate_name("web", "b"));
}

TEST_CASE("a candidate carries the release's image and the attempt's labels, and no name of its own") {
  const auto model = candidate_model(
      model_of("web", R"({"container_name":"the-web","scale":3,"image":"web","labels":{"mine":"kept"}})"),
      {"web"}, "/live", "/source", "r1", "n1");
  const auto& web = service_in(model, "web");
  CHECK(web.at("image") == "web:r1");
  CHECK_FALSE(web.contains("container_name"));
  CHECK_FALSE(web.contains("scale"));
  CHECK(web.at("labels") ==
        json::object{
            {"mine", "kept"}, {label::nonce, "n1"}, {label::release, "r1"}, {label::role, "candidate"}});
}

TEST_CASE("services that are not released stay as they are") {
  const auto before = model_of("web");
  CHECK(service_in(candidate_model(before, {"web"}, "/live", "/source", "r1", "n1"), "db") ==
        service_in(before, "db"));
}

TEST_CASE("what was shipped is built from the release, what was not from where it is") {
  const Directories at;
  fs::create_directories(at.source / "app");
  auto model = model_of("web");
  model.at("services").as_object().at("web").as_object()["build"] =
      json::object{{"context", (at.live / "app").string()},
                   {"additional_contexts",
                    json::object{{"shared", "/elsewhere"}, {"absent", (at.live / "absent").string()}}}};
  const auto candidate = candidate_model(model, {"web"}, at.live, at.source, "r", "n");
  const auto& build = service_in(candidate, "web").at("build").as_object();
  CHECK(build.at("context").as_string() == (at.source / "app").string());
  CHECK(build.at("additional_contexts") ==
        json::object{{"shared", "/elsewhere"}, {"absent", (at.live / "absent").string()}});
}

TEST_CASE("a build context that is the live directory itself is the release's source") {
  const Directories at;
  fs::create_directories(at.source);
  auto model = model_of("web");
  model.at("services").as_object().at("web").as_object()["build"] =
      json::object{{"context", at.live.string()}};
  const auto candidate = candidate_model(model, {"web"}, at.live, at.source, "r", "n");
  CHECK(
      fs::path(std::string(service_in(candidate, "web").at("build").as_object().at("context").as_string())) ==
      (at.source / "").lexically_normal());
}

TEST_CASE("a shipped file and a read-only directory are mounted from the release") {
  const Directories at;
  at.scratch.write("live/.belay/releases/r/source/nginx.conf", "new");
  fs::create_directories(at.source / "config");
  CHECK(at.mounted("nginx.conf", false) == (at.source / "nginx.conf").string());
  CHECK(at.mounted("config", true) == (at.source / "config").string());
}

TEST_CASE("a directory that containers may write to is the live one, though git ships it") {
  const Directories at;
  at.scratch.write("live/.belay/releases/r/source/uploads/.gitkeep", "");
  CHECK(at.mounted("uploads", false) == (at.live / "uploads").string());
}

TEST_CASE("what was not shipped, and what lies elsewhere, is mounted from where it is") {
  const Directories at;
  CHECK(at.mounted(".env", true) == (at.live / ".env").string());
  CHECK(at.mounted("../other", true) == (at.live / "../other").string());
}

TEST_CASE("a named volume is not taken for a path") {
  const Directories at;
  const json::object volume{{"type", "volume"}, {"source", "data"}, {"target", "/data"}};
  CHECK(service_in(at.candidate_with(volume), "web").at("volumes").as_array().at(0) == volume);
}

TEST_CASE("written directories are those below the live directory that are mounted writable") {
  auto model = model_of("web", R"({"volumes":[
    {"type":"bind","source":"/live/uploads","target":"/a"},
    {"type":"bind","source":"/live/config","target":"/b","read_only":true},
    {"type":"bind","source":"/elsewhere","target":"/c"},
    {"type":"bind","source":"/live","target":"/d"},
    {"type":"volume","source":"data","target":"/e"}]})");
  CHECK(written_directories(model, {"web"}, "/live") == std::vector<std::string>{"uploads"});
  CHECK(written_directories(model, {"db"}, "/live").empty());
}
