#include "drivers/compose_output.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"

using namespace belay;
namespace json = boost::json;

namespace {

json::object parsed(const char* text) {
  return json::parse(text).as_object();
}

}  // namespace

TEST_CASE("the devices of blkio_config get the names that compose reads; all else stays as it is printed") {
  CHECK(compose::readable_output(
            parsed(R"({"name":"shop","networks":{},"services":{"web":{"environment":{"Path":"/x"},
          "blkio_config":{"weight":300,"device_read_bps":[{"Path":"/dev/sda","Rate":"12"}],
                          "weight_device":[{"Path":"/dev/sdb","Weight":400}]}},"db":null}})")) ==
        parsed(R"({"name":"shop","networks":{},"services":{"web":{"environment":{"Path":"/x"},
          "blkio_config":{"weight":300,"device_read_bps":[{"path":"/dev/sda","rate":"12"}],
                          "weight_device":[{"path":"/dev/sdb","weight":400}]}},"db":null}})"));
  CHECK(compose::readable_output({}) == json::object{});
}

TEST_CASE(
    "what is printed as YAML is the object that is printed as JSON, with the keys of a build as they are "
    "read") {
  CHECK(compose::object_of_yaml(R"(name: shop
services:
  web:
    build:
      context: /srv/shop
      ssh:
        - default
        - 'deploy: /srv/shop/key'
    entrypoint: []
    environment:
      A: "1"
      B: "true"
      C: |-
        two
        lines $$x
      D: ""
      "N": "é\a"
      E: null
    init: true
    deploy:
      resources:
        limits:
          cpus: 0.5
          memory: "52428800"
    ulimits:
      nproc: -1
    stop_grace_period: 1m30s
networks:
  default:
    name: shop_default
x-list:
  - 1
  - 2.5
  - 1e+06
  - false
)") == parsed(R"({"name":"shop","services":{"web":{"build":{"context":"/srv/shop",
          "ssh":["default","deploy=/srv/shop/key"]},"entrypoint":[],
          "environment":{"A":"1","B":"true","C":"two\nlines $$x","D":"","N":"é\u0007","E":null},"init":true,
          "deploy":{"resources":{"limits":{"cpus":0.5,"memory":"52428800"}}},"ulimits":{"nproc":-1},
          "stop_grace_period":"1m30s"}},"networks":{"default":{"name":"shop_default"}},
          "x-list":[1,2.5,1000000.0,false]})"));
  CHECK_THROWS_AS(compose::object_of_yaml("- a list\n"), Error);
  CHECK_THROWS_AS(compose::object_of_yaml("{ not: [closed"), Error);
}

TEST_CASE("limits of 0 are written out, of a build's too, and no limit of swap is a number") {
  CHECK(compose::readable_output(parsed(R"({"networks":{},"services":{"web":{"memswap_limit":"-1",
          "ulimits":{"core":{},"nproc":5,"nofile":{"hard":9},"rtprio":{"soft":1,"hard":2}},
          "build":{"ulimits":{"core":{}}}},"db":{"memswap_limit":"128"}}})")) ==
        parsed(R"({"networks":{},"services":{"web":{"memswap_limit":-1,
          "ulimits":{"core":{"soft":0,"hard":0},"nproc":5,"nofile":{"soft":0,"hard":9},"rtprio":{"soft":1,"hard":2}},
          "build":{"ulimits":{"core":{"soft":0,"hard":0}}}},"db":{"memswap_limit":"128"}}})"));
}

TEST_CASE("a config of nothing has an empty text") {
  CHECK(compose::readable_output(parsed(R"({"configs":{"none":{"name":"shop_none"},"file":{"file":"/f"},
          "text":{"content":"t"},"word":{"environment":"W"},"swarm":{"external":true}}})")) ==
        parsed(R"({"configs":{"none":{"name":"shop_none","content":""},"file":{"file":"/f"},
          "text":{"content":"t"},"word":{"environment":"W"},"swarm":{"external":true}}})"));
}

TEST_CASE("a $ in a key stands once, in a value it stays doubled") {
  CHECK(
      compose::readable_output(parsed(
          R"({"networks":{},"services":{"web":{"labels":{"of.$${KEY}":"$$x","$$$$":"two"},"command":["$$y",{"$$":1}]}}})")) ==
      parsed(
          R"({"networks":{},"services":{"web":{"labels":{"of.${KEY}":"$$x","$$":"two"},"command":["$$y",{"$":1}]}}})"));
}

TEST_CASE("a service that need not be there and is not is depended on no more") {
  CHECK(compose::readable_output(parsed(R"({"networks":{},"services":{"db":{},
          "web":{"depends_on":{"db":{"required":false},"gone":{"required":false},"missed":{"required":true}}},
          "api":{"depends_on":{"gone":{"required":false}}}}})")) ==
        parsed(R"({"networks":{},"services":{"db":{},
          "web":{"depends_on":{"db":{"required":false},"missed":{"required":true}}}, "api":{}}})"));
}

TEST_CASE("a service that is printed without a network stays so: its hash is made of that") {
  const auto usual = parsed(R"({"services":{"web":{},"job":{"network_mode":"host"}}})");
  CHECK(compose::readable_output(usual) == usual);
}

TEST_CASE("each warning of compose is told once, in its words and without the time; another line as it is") {
  const std::string unset =
      R"(level=warning msg="The \"TAG\" variable is not set. Defaulting to a blank string.")";
  CHECK(compose::warnings_in("time=\"2026-01-12T10:33:00Z\" " + unset + "\ntime=\"2026-01-12T10:33:01Z\" " +
                             unset + "\n\nplain words msg=\"x\"\n" + R"(time="x" level=warning msg="a\tb")" +
                             "\n" + R"(time="x" level=warning msg=cut")") ==
        std::vector<std::string>{R"(The "TAG" variable is not set. Defaulting to a blank string.)",
                                 R"(plain words msg="x")", "a\tb", R"(time="x" level=warning msg=cut")"});
  CHECK(compose::warnings_in("").empty());
}
