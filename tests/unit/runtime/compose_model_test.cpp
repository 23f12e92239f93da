#include "runtime/compose_model.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/core.h>

#include "../drivers/scratch.hpp"
#include "base/error.hpp"
#include "model/labels.hpp"

using namespace belay;
using belay::testing::Scratch;
namespace json = boost::json;

namespace {

using Names = std::vector<std::string>;

json::object parsed(const std::string& text) {
  return json::parse(text).as_object();
}

/// The project `shop` with these services.
json::object shop(const std::string& services, const std::string& more = "{}") {
  auto model = parsed(more);
  model["name"] = "shop";
  model["services"] = parsed(services);
  return model;
}

/// The project `shop` with a service `web` of these settings, and a database.
json::object web(const std::string& settings = "{}") {
  return shop(R"({"web":)" + settings + R"(,"db":{}})");
}

const json::object& service_of(const json::object& model, const std::string& name) {
  return model.at("services").as_object().at(name).as_object();
}

std::string text(const json::value& value) {
  return std::string(value.as_string());
}

}  // namespace

// ── names
// ────────────────────────────────────────────────────────────────────────────────────────────────────────

TEST_CASE("a service without an image is known by compose's default name") {
  CHECK(live_image_of(web(), "web") == "shop-web");
  CHECK(live_image_of(web(R"({"image":"me/web:2"})"), "web") == "me/web:2");
}

TEST_CASE("a service that the compose file does not have is named in the refusal, with those there are") {
  try {
    live_image_of(web(), "wbe");
    FAIL("it was accepted");
  } catch (const Error& error) {
    CHECK(error.what() == std::string("the compose file has no service \"wbe\""));
    CHECK(error.why() == "it has: web, db");
    CHECK(error.next().find("did you mean web?") != std::string::npos);
    CHECK(error.exit_code() == ExitCode::bad_input);
  }
}

TEST_CASE("an image's name is repository and tag: a registry's port is no tag, a digest is neither") {
  using Pair = std::pair<std::string, std::string>;
  CHECK(repository_and_tag("web") == Pair{"web", "latest"});
  CHECK(repository_and_tag("web:2") == Pair{"web", "2"});
  CHECK(repository_and_tag("registry.example:5000/me/web") == Pair{"registry.example:5000/me/web", "latest"});
  CHECK(repository_and_tag("registry.example:5000/me/web:2") == Pair{"registry.example:5000/me/web", "2"});
  CHECK(repository_and_tag("localhost:5000/web@sha256:0123") == Pair{"localhost:5000/web", "latest"});
  CHECK(repository_and_tag("web:2@sha256:0123") == Pair{"web", "2"});
}

TEST_CASE("the frozen tag replaces the live one, not the port of a registry") {
  CHECK(frozen_image("web", "r1") == "web:r1");
  CHECK(frozen_image("web:latest", "r1") == "web:r1");
  CHECK(frozen_image("registry.example:5000/me/web", "r1") == "registry.example:5000/me/web:r1");
  CHECK(frozen_image("registry.example:5000/me/web:2", "r1") == "registry.example:5000/me/web:r1");
  CHECK(frozen_image("web@sha256:0123", "r1") == "web:r1");
  CHECK(frozen_image("localhost:5000/web:2@sha256:0123", "r1") == "localhost:5000/web:r1");
}

TEST_CASE("what the project builds is kept beside its own tag, what others made in a name of belay's own") {
  const auto model = shop(R"({"web":{"build":{},"image":"me/shop:2"},"worker":{"image":"docker.io/me/shop:2"},
                              "own":{"build":{}},"cache":{"image":"redis:7"}})");
  CHECK(frozen_image_of(model, "web", "r1") == "me/shop:r1");
  CHECK(frozen_image_of(model, "worker", "r1") == "docker.io/me/shop:r1");  // web builds it
  CHECK(frozen_image_of(model, "own", "r1") == "shop-own:r1");
  CHECK(frozen_image_of(model, "cache", "r1") == "belay/kept:r1-shop-cache");
  CHECK(kept_image("shop", "r1", std::string(200, 's')).size() == std::string("belay/kept:").size() + 128);
}

TEST_CASE("containers are named as compose names them") {
  const auto names = [](const std::string& settings) { return container_names_of(web(settings), "web"); };
  CHECK(names("{}") == Names{"shop-web-1"});
  CHECK(names(R"({"container_name":"the-web"})") == Names{"the-web"});
  CHECK(names(R"({"scale":2})") == Names{"shop-web-1", "shop-web-2"});
  CHECK(names(R"({"deploy":{"replicas":2}})") == Names{"shop-web-1", "shop-web-2"});
  CHECK(names(R"({"deploy":{"replicas":null}})") == Names{"shop-web-1"});
}

TEST_CASE("a service of no replicas has no containers, whatever its name") {
  for (const auto* settings :
       {R"({"scale":0})", R"({"deploy":{"replicas":0}})", R"({"container_name":"the-web","scale":0})"})
    CHECK(container_names_of(web(settings), "web").empty());
}

TEST_CASE("a candidate's name tells attempts apart") {
  CHECK(candidate_name("web", "a") != candidate_name("web", "b"));
}

// ── which services
// ───────────────────────────────────────────────────────────────────────────────────────────────

TEST_CASE("released is what belay.yml names; else what is built or has the release in its image") {
  const auto model = shop(R"({"cache":{"image":"redis:7"},"api":{"image":"me/api:{version}"},
                              "web":{"build":{"context":"."}},"worker":{"image":"me/worker:{commit}"}})");
  CHECK(released_services(model, {"cache", "web"}) == Names{"cache", "web"});
  CHECK(released_services(model, {}) == Names{"api", "web", "worker"});
  CHECK_THROWS_AS(released_services(model, {"web", "absent"}), Error);
  CHECK_THROWS_WITH_AS(released_services(shop(R"({"cache":{"image":"redis:7"}})"), {}),
                       "nothing says which services are released", Error);
}

TEST_CASE("a dependency has a condition, and says whether it restarts what depends on it") {
  const auto model =
      web(R"({"depends_on":{"db":{"condition":"service_healthy","restart":true},"cache":{}}})");
  const auto found = dependencies_of(model, "web");
  REQUIRE(found.size() == 2);
  CHECK(found[0].service == "db");
  CHECK(found[0].condition == "service_healthy");
  CHECK(found[0].restart);
  CHECK(found[1].condition == "service_started");
  CHECK_FALSE(found[1].restart);
}

TEST_CASE("each service comes after those it depends on, though what is between them is not asked for") {
  const auto model = shop(R"({"web":{"depends_on":{"api":{}}},"api":{"depends_on":{"db":{}}},
                              "db":{"depends_on":{"disk":{}}},"disk":{},"alone":{}})");
  CHECK(in_order_of_dependency(model, {"web", "alone", "api", "db"}) == Names{"db", "api", "web", "alone"});
  CHECK(in_order_of_dependency(model, {"web", "db"}) == Names{"db", "web"});
  CHECK(accessories_of(model, {"web", "alone"}) == Names{"disk", "db", "api"});
  CHECK(accessories_of(model, {"disk"}).empty());
}

TEST_CASE("a circle of dependencies ends, and each of its services is there once") {
  const auto model = shop(R"({"a":{"depends_on":{"b":{}}},"b":{"depends_on":{"c":{}}},
                              "c":{"depends_on":{"a":{}}},"self":{"depends_on":{"self":{}}}})");
  CHECK(in_order_of_dependency(model, {"a", "b", "c", "self"}) == Names{"c", "b", "a", "self"});
  CHECK(accessories_of(model, {"b"}) == Names{"a", "c"});
}

TEST_CASE(
    "an optional dependency that no profile brings in is none, and gets a place holder to be read again") {
  const auto model = shop(R"({"web":{"depends_on":{"debug":{"required":false}}}})");
  CHECK(in_order_of_dependency(model, {"web"}) == Names{"web"});
  CHECK(accessories_of(model, {"web"}).empty());
  const auto again = readable_again(model);
  CHECK(service_of(again, "debug").contains("image"));
  CHECK(service_of(again, "debug").at("profiles").as_array().size() == 1);
  CHECK(service_of(again, "web") == service_of(model, "web"));
  CHECK(readable_again(web()) == web());
}

// ── what is built
// ────────────────────────────────────────────────────────────────────────────────────────────────

namespace {

/// A release's source beside the view of the live directory, as compose resolved it.
struct Built {
  Scratch scratch;
  fs::path view = scratch / "view", source = scratch / "source";

  json::object model_with(json::object build, json::object more = {}) const {
    more["build"] = std::move(build);
    return {{"name", "shop"}, {"services", json::object{{"web", std::move(more)}, {"db", json::object{}}}}};
  }
  json::object model(const json::object& resolved, const Names& released = {"web"}) const {
    return build_model(resolved, released, "r1", view, source);
  }
  std::string context_of(const fs::path& context) const {
    const auto made = model(model_with({{"context", context.string()}}));
    return text(service_of(made, "web").at("build").at("context"));
  }
};

}  // namespace

TEST_CASE("what is built has the release's tag where it is released, and nothing else of the service") {
  const Built at;
  const auto resolved = at.model_with({{"context", "/elsewhere"}, {"tags", json::array{"web:nightly"}}},
                                      {{"platform", "linux/arm64"}, {"command", json::array{"run"}}});
  const auto made = at.model(resolved);
  CHECK(made.at("name") == "shop");
  CHECK_FALSE(made.at("services").as_object().contains("db"));
  CHECK(service_of(made, "web") == json::object{{"build", {{"context", "/elsewhere"}}},
                                                {"image", "shop-web:r1"},
                                                {"platform", "linux/arm64"}});
  // One that is built from (additional_contexts: service:web) keeps its own name.
  CHECK(service_of(at.model(resolved, {"db"}), "web").at("image") == "shop-web");
}

TEST_CASE("a build reads what was shipped from the release, the rest from where it is") {
  const Built at;
  at.scratch.write("source/app/main.c", "");
  at.scratch.write("view/only here/x", "");
  CHECK(at.context_of(at.view / "app") == (at.source / "app").string());
  CHECK(at.context_of(at.view) == (at.source / "").string());
  CHECK(at.context_of(at.view / "only here") == (at.view / "only here").string());
  CHECK(at.context_of(at.scratch / "view-of-another/app") == (at.scratch / "view-of-another/app").string());
  CHECK(at.context_of("https://example.org/web.git#main") == "https://example.org/web.git#main");
}

TEST_CASE("additional contexts are taken from the release, too; other kinds of them stay") {
  const Built at;
  at.scratch.write("source/lib/x", "");
  const auto made =
      at.model(at.model_with({{"context", "/elsewhere"},
                              {"additional_contexts", json::object{{"lib", (at.view / "lib").string()},
                                                                   {"base", "docker-image://alpine"},
                                                                   {"db", "service:db"}}}}));
  CHECK(service_of(made, "web").at("build").at("additional_contexts") ==
        json::object{
            {"lib", (at.source / "lib").string()}, {"base", "docker-image://alpine"}, {"db", "service:db"}});
}

TEST_CASE("secrets of builds are handed on") {
  const Built at;
  auto resolved = at.model_with({{"context", "/elsewhere"}, {"secrets", json::array{"token"}}});
  resolved["secrets"] = json::object{{"token", {{"file", "/token"}}}};
  CHECK(at.model(resolved).at("secrets") == resolved.at("secrets"));
}

// ── templates
// ────────────────────────────────────────────────────────────────────────────────────────────────────

TEST_CASE("a template has the release's image, labels to find it by, and nothing that names or waits") {
  const auto model = template_model(
      web(R"({"container_name":"the-web","scale":3,"image":"web","labels":{"mine":"kept"},"build":{},
              "deploy":{"replicas":3,"resources":{}},"depends_on":{"db":{}},"links":["db"],"profiles":["x"],
              "volumes_from":["db"],"pull_policy":"always","develop":{},"command":["run"]})"),
      {"web"}, "r1", "n1");
  CHECK(model.at("name").as_string() == template_project("n1"));
  CHECK(model.at("services").as_object().size() == 1);
  CHECK(service_of(model, "web") ==
        json::object{
            {"image", "web:r1"},
            {"labels",
             {{"mine", "kept"}, {label::nonce, "n1"}, {label::release, "r1"}, {label::role, "template"}}},
            {"deploy", {{"resources", json::object{}}}},
            {"command", json::array{"run"}},
            {"network_mode", "none"}});
}

TEST_CASE("a service that is printed without a network gets the one that compose gives it") {
  struct Row {
    const char *service, *networks, *given;
  };
  for (const auto& row : {
           Row{R"({})", R"({})", R"({"network_mode":"none"})"},
           Row{R"({})", R"({"default":{},"front":{}})", R"({"networks":{"default":null}})"},
           Row{R"({})", R"({"front":{}})", R"({"network_mode":"default"})"},
           Row{R"({"networks":{"front":null}})", R"({"default":{}})", R"({"networks":{"front":null}})"},
           Row{R"({"network_mode":"host"})", R"({"default":{}})", R"({"network_mode":"host"})"},
           Row{R"({"provider":{"type":"t"}})", R"({"default":{}})", R"({"provider":{"type":"t"}})"},
       }) {
    CAPTURE(row.service);
    CAPTURE(row.networks);
    const auto model =
        shop(fmt::format(R"({{"web":{}}})", row.service), fmt::format(R"({{"networks":{}}})", row.networks));
    CHECK(service_with_its_network(model, "web") == parsed(row.given));
    auto made = service_of(template_model(model, {"web"}, "r", "n"), "web");
    made.erase("image");
    made.erase("labels");
    CHECK(made == parsed(row.given));
    CHECK(network_keys_of(model, {"web"}).size() == (parsed(row.given).contains("networks") ? 1U : 0U));
  }
}

TEST_CASE("a template joins no other container; what a service says of itself stays") {
  const auto joins = template_model(
      web(R"({"network_mode":"service:db","ipc":"service:db","pid":"service:db","labels":null})"), {"web"},
      "r", "n");
  CHECK(service_of(joins, "web").at("network_mode") == "none");
  CHECK_FALSE(service_of(joins, "web").contains("ipc"));
  CHECK_FALSE(service_of(joins, "web").contains("pid"));
  CHECK(service_of(joins, "web").at("image") == "belay/kept:r-shop-web");
  const auto own =
      template_model(web(R"({"network_mode":"host","ipc":"shareable","pid":"host"})"), {"web"}, "r", "n");
  CHECK(service_of(own, "web").at("network_mode") == "host");
  CHECK(service_of(own, "web").at("ipc") == "shareable");
  CHECK(service_of(own, "web").at("pid") == "host");
}

TEST_CASE("a template uses the project's networks and volumes, and makes none") {
  const auto model =
      template_model(shop(R"({"web":{}})", R"({"networks":{"default":{"name":"shop_default"},"front":null},
                                "volumes":{"data":{"name":"shared","driver":"local"}},
                                "configs":{"c":{"content":"x"}},"secrets":{"s":{"file":"/s"}}})"),
                     {"web"}, "r", "n");
  CHECK(model.at("networks") == parsed(R"({"default":{"external":true,"name":"shop_default"},
                                           "front":{"external":true,"name":"shop_front"}})"));
  CHECK(model.at("volumes") == parsed(R"({"data":{"external":true,"name":"shared"}})"));
  CHECK(model.at("configs") == parsed(R"({"c":{"content":"x"}})"));
  CHECK(model.at("secrets") == parsed(R"({"s":{"file":"/s"}})"));
}

// ── networks and volumes
// ─────────────────────────────────────────────────────────────────────────────────────────

namespace {

json::object with_resources() {
  return shop(R"({"web":{"networks":{"default":null,"front":{"aliases":["w"]},"outside":null},
                         "volumes":[{"type":"volume","source":"data","target":"/d"},
                                    {"type":"volume","source":"data","target":"/again"},
                                    {"type":"volume","target":"/anonymous"},
                                    {"type":"volume","source":"theirs","target":"/t"},
                                    {"type":"bind","source":"/data","target":"/b"}]},
                  "api":{"networks":{"front":null}},
                  "db":{"networks":{"back":null}}})",
              R"({"networks":{"default":{"name":"shop_default"},"front":{"driver":"bridge"},"back":{},
                              "outside":{"external":true,"name":"outside"}},
                  "volumes":{"data":{"name":"named"},"theirs":{"external":true,"name":"theirs"}}})");
}

Names shown(const std::vector<ProjectResource>& resources) {
  Names found;
  for (const auto& one : resources) found.push_back(one.key + "=" + one.name);
  return found;
}

}  // namespace

TEST_CASE(
    "the project's own networks and volumes are those that the services use and that are not external") {
  const auto model = with_resources();
  CHECK(shown(networks_of(model, {"web", "api"})) == Names{"default=shop_default", "front=shop_front"});
  CHECK(shown(volumes_of(model, {"web", "api"})) == Names{"data=named"});
  CHECK(volumes_of(model, {"db"}).empty());
}

TEST_CASE("compose makes exactly these networks and volumes for one service that is never created") {
  const auto model = with_resources();
  const auto made = resources_model(model, {{"front", "shop_front"}}, {{"data", "named"}}, "web:r1");
  CHECK(made == shop(R"({"belay-resources":{"image":"web:r1","networks":{"front":null},
                          "volumes":[{"type":"volume","source":"data","target":"/0"}]}})",
                     R"({"networks":{"front":{"driver":"bridge"}},"volumes":{"data":{"name":"named"}}})"));
  const auto volumes_alone = resources_model(model, {}, {{"data", "named"}}, "web:r1");
  CHECK(service_of(volumes_alone, resources_service).at("network_mode") == "none");
  CHECK_FALSE(volumes_alone.contains("networks"));
  const auto networks_alone = resources_model(model, {{"front", "shop_front"}}, {}, "web:r1");
  CHECK_FALSE(networks_alone.contains("volumes"));
  CHECK_FALSE(service_of(networks_alone, resources_service).contains("volumes"));
}

TEST_CASE("published ports are numbers, texts and ranges, each once, ascending") {
  const auto model =
      shop(R"({"web":{"ports":[{"target":80,"published":"8080"},{"target":443,"published":8443},
                                              {"target":9000},{"target":1,"published":""},
                                              {"target":2,"published":"3000-3002"}]},
                              "api":{"ports":[{"target":80,"published":"3001"}]},
                              "db":{"ports":[{"target":5432,"published":"5432"}]}})");
  CHECK(published_ports(model, {"web", "api"}) == std::vector<int>{3000, 3001, 3002, 8080, 8443});
  CHECK(published_ports(shop(R"({"web":{}})"), {"web"}).empty());
}

TEST_CASE("the model's profiles are each there once; a place holder's is none") {
  const auto model =
      readable_again(shop(R"({"web":{"profiles":["b","a"],"depends_on":{"gone":{"required":false}}},
                                             "api":{"profiles":["a"]}})"));
  CHECK(profiles_in(model) == Names{"a", "b"});
}

// ── what containers see
// ──────────────────────────────────────────────────────────────────────────────────────────

TEST_CASE("bound paths are the bind mounts, config files and secret files of every service") {
  const auto model = shop(
      R"({"web":{"volumes":[{"type":"bind","source":"/live/uploads","target":"/a"},
                            {"type":"bind","source":"/live/config","target":"/b","read_only":true},
                            {"type":"volume","source":"data","target":"/c"}],
                 "configs":[{"source":"nginx","target":"/etc/nginx.conf"},{"source":"plain"},{"source":"inline"}]},
          "db":{"secrets":[{"source":"password"},{"source":"other","target":"renamed"}]}})",
      R"({"configs":{"nginx":{"file":"/live/nginx.conf"},"plain":{"file":"/live/plain"},"inline":{"content":"x"}},
          "secrets":{"password":{"file":"/live/password"},"other":{"file":"/live/other"}}})");
  Names found;
  for (const auto& one : bound_paths(model))
    found.push_back(one.service + " " + one.host + " " + one.target + (one.writable ? " rw" : ""));
  CHECK(found == Names{"web /live/uploads /a rw", "web /live/config /b",
                       "web /live/nginx.conf /etc/nginx.conf", "web /live/plain /plain",
                       "db /live/password /run/secrets/password", "db /live/other /run/secrets/renamed"});
}

TEST_CASE("what a service shares with others is kept by the others' names") {
  const auto shared = shared_with_others(
      web(R"({"network_mode":"service:vpn","ipc":"service:db","pid":"host","volumes_from":["db:ro","container:x"],
              "links":["db","cache:redis"]})"),
      "web");
  CHECK(shared.network == "vpn");
  CHECK(shared.ipc == "db");
  CHECK(shared.pid.empty());
  CHECK(shared.volumes == Names{"db:ro", "container:x"});
  CHECK(shared.links == Names{"db", "cache:redis"});
  CHECK(shared.any());
  CHECK_FALSE(shared_with_others(web(R"({"network_mode":"bridge"})"), "web").any());
}

namespace {

json::object with_texts() {
  return shop(
      R"({"web":{"configs":[{"source":"inline","target":"/etc/app.conf","mode":"0440","uid":"33","gid":"34"},
                                    {"source":"filed"}],
                         "secrets":[{"source":"token"},{"source":"other","target":"renamed"}]},
                  "db":{}})",
      R"({"configs":{"inline":{"content":"price: 5$$ $${HOME} $$$$"},"filed":{"file":"/f"}},
                  "secrets":{"token":{"environment":"TOKEN"},"other":{"environment":"OTHER"}}})");
}

}  // namespace

TEST_CASE("configs and secrets by text are put into the container where compose puts them") {
  const auto files = injected_files(with_texts(), "web", {{"TOKEN", "a$$b"}, {"OTHER", ""}});
  REQUIRE(files.size() == 3);
  CHECK(files[0].target == "/etc/app.conf");
  CHECK(files[0].text == "price: 5$ ${HOME} $$");
  CHECK(files[0].mode == 0440);
  CHECK(files[0].uid == 33);
  CHECK(files[0].gid == 34);
  CHECK(files[1].target == "/run/secrets/token");
  CHECK(files[1].text == "a$$b");  // a value as it is: nothing doubled its $
  CHECK(files[1].mode == 0444);
  CHECK(files[2].target == "/run/secrets/renamed");
  CHECK(files[2].text.empty());
  CHECK(injected_files(with_texts(), "db", {}).empty());
}

TEST_CASE("of an empty config compose makes no file, of an empty secret it does") {
  const auto model = shop(R"({"web":{"configs":[{"source":"none"}],"secrets":[{"source":"empty"}]}})",
                          R"({"configs":{"none":{"content":""}},"secrets":{"empty":{"environment":"E"}}})");
  const auto files = injected_files(model, "web", {{"E", ""}});
  REQUIRE(files.size() == 1);
  CHECK(files[0].target == "/run/secrets/empty");
}

TEST_CASE("the variables that such texts need are asked for, and a missing one is named") {
  CHECK(injected_variables(with_texts(), {"web", "db"}) == std::set<std::string>{"OTHER", "TOKEN"});
  CHECK(injected_variables(with_texts(), {"db"}).empty());
  CHECK_THROWS_WITH_AS(injected_files(with_texts(), "web", {{"TOKEN", "x"}}), "the variable OTHER is not set",
                       Error);
}

TEST_CASE("the wanted ports have address and protocol; a range is a choice") {
  std::vector<std::string> said;
  for (const auto& choice : wanted_ports(shop(R"({"web":{"ports":[
           {"target":80,"published":"8080","protocol":"tcp","mode":"ingress"},
           {"target":53,"published":"53","protocol":"udp","host_ip":"10.0.0.2"},
           {"target":3868,"published":3868,"protocol":"sctp"},
           {"target":80,"published":"4000-4001"},{"target":9229},{"target":1,"published":""}]}})"),
                                         {"web"})) {
    said.emplace_back();
    for (const auto& port : choice) said.back() += shown(port) + " ";
  }
  CHECK(said == std::vector<std::string>{"8080 ", "10.0.0.2:53/udp ", "3868/sctp ", "4000 4001 "});
}

TEST_CASE("the wanted ports of frozen containers are those that their create bodies bind") {
  ReleasedService web{.name = "web"};
  web.containers = {
      json::parse(R"({"HostConfig":{"PortBindings":{
      "80/tcp":[{"HostIp":"","HostPort":"8080"},{"HostIp":"127.0.0.1","HostPort":"8081"}],
      "53/udp":[{"HostIp":"10.0.0.2","HostPort":"53"}],"81/tcp":[{"HostPort":"4000-4001"}],
      "82/tcp":[{"HostPort":""}],"83/tcp":null}}})")
          .as_object(),
      json::parse(R"({"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":"8082"}]}}})").as_object(),
      json::parse(R"({"Image":"busybox"})").as_object()};
  std::vector<std::string> said;
  for (const auto& choice : wanted_ports({web})) {
    said.emplace_back();
    for (const auto& port : choice) said.back() += shown(port) + " ";
  }
  CHECK(said ==
        std::vector<std::string>{"8080 ", "127.0.0.1:8081 ", "10.0.0.2:53/udp ", "4000 4001 ", "8082 "});
}

TEST_CASE("the published ports are those of the named services, in every form compose prints them") {
  const auto model = json::parse(R"({"services": {
    "backend": {"ports": [{"published": "3001", "target": 3001}, {"published": 3005}, {"published": "4000-4002"}]},
    "debug": {"ports": [{"target": 9229}]},
    "db": {"ports": [{"published": "5432"}]}}})")
                         .get_object();
  CHECK(published_ports(model, {"backend", "debug"}) == std::vector<int>{3001, 3005, 4000, 4001, 4002});
  CHECK_THROWS_AS(published_ports(model, {"none"}), Error);
  CHECK(services_in(model) == std::vector<std::string>{"backend", "debug", "db"});
}
