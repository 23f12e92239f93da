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
