#include "runtime/resource_changes.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace belay;
namespace json = boost::json;

namespace {

/// A network as the Engine describes one that compose made.
const auto* const made =
    R"({"Name":"shop_default","Driver":"bridge","EnableIPv6":false,"Internal":false,"Attachable":false,
  "IPAM":{"Driver":"default","Options":null,"Config":[{"Subnet":"172.19.0.0/16","Gateway":"172.19.0.1"}]},"Options":{},
  "Labels":{"com.docker.compose.network":"default","com.docker.compose.project":"shop"}})";

std::vector<std::string> changes(const char* wanted, const char* there = made) {
  return network_changes(json::parse(wanted).as_object(), json::parse(there).as_object());
}

std::vector<std::string> volume(const char* wanted, const char* there) {
  return volume_changes(json::parse(wanted).as_object(), json::parse(there).as_object());
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a network is as the compose file says it: what the Engine makes up is no change") {
  for (const auto* same :
       {R"({"name":"shop_default","ipam":{}})", R"({"name":"shop_default","ipam":null,"driver":"bridge"})",
        R"({"internal":false,"labels":{},"driver_opts":{}})",
        R"({"ipam":{"config":[{"subnet":"172.19.0.0/16"}]}})", R"({"enable_ipv6":false})",
        R"({"ipam":{"config":[{"gateway":"10.0.0.1"}]}})"}) {
    CAPTURE(same);
    CHECK(changes(same).empty());
  }
  const auto* overlay =
      R"({"Driver":"overlay","Options":{"com.docker.network.driver.overlay.vxlanid_list":"4097"}})";
  CHECK(changes(R"({"driver":"overlay"})", overlay).empty());
}

TEST_CASE("each key of a network that differs is named, with both values") {
  struct Row {
    const char* wanted;
    const char* said;
  };
  for (const auto& row : {
           Row{R"({"driver":"macvlan"})", "driver is macvlan, it was made with bridge"},
           Row{R"({"internal":true})", "internal is true, it was made with false"},
           Row{R"({"attachable":true})", "attachable is true, it was made with false"},
           Row{R"({"enable_ipv6":true})", "enable_ipv6 is true, it was made with false"},
           Row{R"({"driver_opts":{"com.docker.network.driver.mtu":"1400"}})",
               "driver_opts.com.docker.network.driver.mtu is 1400, it was made with none"},
           Row{R"({"labels":{"team":"a"}})", "labels.team is a, it was made with none"},
           Row{R"({"ipam":{"config":[{"subnet":"10.9.0.0/16"}]}})", "subnet 10.9.0.0/16 is new"},
           Row{R"({"ipam":{"config":[{"subnet":"172.19.0.0/16","gateway":"172.19.0.254"}]}})",
               "gateway of 172.19.0.0/16 is 172.19.0.254, it was made with 172.19.0.1"},
       }) {
    CAPTURE(row.wanted);
    CHECK(changes(row.wanted) == Lines{row.said});
  }
  const auto* with_more =
      R"({"Driver":"bridge","Internal":true,"Options":{"com.docker.network.driver.mtu":"1400"},
                             "Labels":{"team":"a","com.docker.compose.version":"2.26.1"}})";
  CHECK(changes("{}", with_more).size() == 3);
}

TEST_CASE("a volume's driver, options and labels") {
  const auto* local = R"({"Driver":"local","Options":null,"Labels":{"com.docker.compose.volume":"data"}})";
  CHECK(volume(R"({"name":"shop_data"})", local).empty());
  CHECK(volume(R"({"driver":"local"})", local).empty());
  CHECK(volume(R"({"driver":"nfs"})", local) == Lines{"driver is nfs, it was made with local"});
  CHECK(volume(R"({"driver_opts":{"o":"bind"}})", local) ==
        Lines{"driver_opts.o is bind, it was made with none"});
  CHECK(volume("{}", R"({"Driver":"local","Options":{"o":"bind"},"Labels":null})") ==
        Lines{"driver_opts.o is not set, it was made with bind"});
}
