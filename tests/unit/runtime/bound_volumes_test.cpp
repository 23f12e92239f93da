#include "runtime/bound_volumes.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace belay;
namespace json = boost::json;

namespace {

json::object parsed(const char* text) {
  return json::parse(text).as_object();
}

const auto model = parsed(R"({"services":{"web":{"volumes":[
    {"type":"volume","source":"bound","target":"/data"},
    {"type":"volume","source":"bound","target":"/once","read_only":true},
    {"type":"volume","source":"plain","target":"/plain"},
    {"type":"bind","source":"/bound","target":"/b"}]}, "none":{}},
  "volumes":{"bound":{"name":"shop_bound","driver_opts":{"type":"none","o":"bind","device":"/srv"}},
             "plain":{"name":"shop_plain"},"nfs":{"driver_opts":{"o":"addr=x,rw"}}}})");

}  // namespace

TEST_CASE("a volume that is a bind is asked for as a bind of its name; others stay mounts") {
  const auto body = with_bound_volumes(parsed(R"({"HostConfig":{"Binds":["/x:/b:rw"],"Mounts":[
          {"Type":"volume","Source":"shop_bound","Target":"/data"},
          {"Type":"volume","Source":"shop_bound","Target":"/once","ReadOnly":true,"VolumeOptions":{"NoCopy":true}},
          {"Type":"volume","Source":"shop_plain","Target":"/plain"}]}})"),
                                       model, "web");
  CHECK(body ==
        parsed(R"({"HostConfig":{"Binds":["/x:/b:rw","shop_bound:/data:rw","shop_bound:/once:ro,nocopy"],
                                         "Mounts":[{"Type":"volume","Source":"shop_plain","Target":"/plain"}]}})"));
}

TEST_CASE("a body whose volumes are all binds has no mounts left") {
  const auto body = with_bound_volumes(
      parsed(
          R"({"HostConfig":{"Binds":null,"Mounts":[{"Type":"volume","Source":"shop_bound","Target":"/data"}]}})"),
      model, "web");
  CHECK(body == parsed(R"({"HostConfig":{"Binds":["shop_bound:/data:rw"]}})"));
}

TEST_CASE("a service without such volumes, and one that compose gave the form itself, stay as they are") {
  const auto mounts =
      parsed(R"({"HostConfig":{"Mounts":[{"Type":"volume","Source":"shop_bound","Target":"/data"}]}})");
  CHECK(with_bound_volumes(mounts, model, "none") == mounts);
  const auto binds = parsed(R"({"HostConfig":{"Binds":["shop_bound:/data:rw"],"Mounts":null}})");
  CHECK(with_bound_volumes(binds, model, "web") == binds);
}
