#include "drivers/compose_output.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace belay;
namespace json = boost::json;

namespace {

json::object parsed(const char* text) {
  return json::parse(text).as_object();
}

}  // namespace

TEST_CASE("the devices of blkio_config get the names that compose reads; all else stays as it is printed") {
  CHECK(compose::readable_output(parsed(R"({"name":"shop","services":{"web":{"environment":{"Path":"/x"},
          "blkio_config":{"weight":300,"device_read_bps":[{"Path":"/dev/sda","Rate":"12"}],
                          "weight_device":[{"Path":"/dev/sdb","Weight":400}]}},"db":null}})")) ==
        parsed(R"({"name":"shop","services":{"web":{"environment":{"Path":"/x"},
          "blkio_config":{"weight":300,"device_read_bps":[{"path":"/dev/sda","rate":"12"}],
                          "weight_device":[{"path":"/dev/sdb","weight":400}]}},"db":null}})"));
  CHECK(compose::readable_output({}) == json::object{});
}

TEST_CASE("a $ in a key stands once, in a value it stays doubled") {
  CHECK(
      compose::readable_output(parsed(
          R"({"services":{"web":{"labels":{"of.$${KEY}":"$$x","$$$$":"two"},"command":["$$y",{"$$":1}]}}})")) ==
      parsed(R"({"services":{"web":{"labels":{"of.${KEY}":"$$x","$$":"two"},"command":["$$y",{"$":1}]}}})"));
}

TEST_CASE("a service that need not be there and is not is depended on no more") {
  CHECK(compose::readable_output(parsed(R"({"services":{"db":{},
          "web":{"depends_on":{"db":{"required":false},"gone":{"required":false},"missed":{"required":true}}},
          "api":{"depends_on":{"gone":{"required":false}}}}})")) == parsed(R"({"services":{"db":{},
          "web":{"depends_on":{"db":{"required":false},"missed":{"required":true}}}, "api":{}}})"));
}
