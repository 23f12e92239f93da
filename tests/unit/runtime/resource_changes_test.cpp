#include "runtime/resource_changes.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/core.h>

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

TEST_CASE(
    "whose network it is, and what compose does with it: use it, with a warning; refuse it; make it anew") {
  struct Row {
    const char* shows;
    const char* labels;    // of the network that is there
    const char* wanted;    // in the compose file
    const char* obstacle;  // how it begins; empty: compose uses the network
    const char* remedy;    // a part of it
    const char* owner;     // that the warning names; empty: no warning
  };
  const ProjectResource front{"front", "shop_front"};
  constexpr auto as_external = "networks: { front: { external: true, name: shop_front } }";
  for (const auto& row : {
           Row{"ours", R"({"com.docker.compose.network":"front","com.docker.compose.project":"shop"})", "{}",
               "", "", ""},
           Row{"ours, changed, an older Compose",
               R"({"com.docker.compose.network":"front","com.docker.compose.project":"shop"})",
               R"({"internal":true})", "", "", ""},
           Row{"ours, changed, a newer Compose",
               R"({"com.docker.compose.network":"front","com.docker.compose.project":"shop",
                   "com.docker.compose.config-hash":"ab"})",
               R"({"internal":true})", "compose would recreate shop_front, and stop everything",
               "docker compose down", ""},
           Row{"ours, of another key",
               R"({"com.docker.compose.network":"f","com.docker.compose.project":"shop"})", "{}",
               "shop_front was made as the network f, not by compose as the network front", as_external, ""},
           Row{"by hand", "null", "{}", "shop_front was made by hand, not by compose as the network front",
               as_external, "no compose project"},
           Row{"by hand, with compose's label", R"({"com.docker.compose.network":"front"})", "{}", "", "",
               "no compose project"},
           Row{"another project's",
               R"({"com.docker.compose.network":"front","com.docker.compose.project":"blog"})", "{}", "", "",
               "compose project blog"},
           Row{"another project's, the same definition, a newer Compose",
               R"({"com.docker.compose.network":"front","com.docker.compose.project":"blog",
                   "com.docker.compose.config-hash":"ab"})",
               "{}", "", "", "compose project blog"},
           Row{"another project's, another definition, an older Compose",
               R"({"com.docker.compose.network":"front","com.docker.compose.project":"blog"})",
               R"({"internal":true})", "", "", "compose project blog"},
           Row{"another project's, another definition, a newer Compose",
               R"({"com.docker.compose.network":"front","com.docker.compose.project":"blog",
                   "com.docker.compose.config-hash":"ab"})",
               R"({"internal":true})",
               "shop_front is of compose project blog; compose would remove it and make it anew:\n"
               "internal is true, it was made with false",
               "give the network another name", "compose project blog"},
           Row{"another project's, of another key",
               R"({"com.docker.compose.network":"back","com.docker.compose.project":"blog"})", "{}",
               "shop_front was made as the network back of compose project blog, not by compose as the "
               "network "
               "front",
               as_external, "compose project blog"},
       }) {
    CAPTURE(row.shows);
    const json::object there{{"Driver", "bridge"}, {"Internal", false}, {"Labels", json::parse(row.labels)}};
    const auto obstacle = network_obstacle("shop", front, json::parse(row.wanted).as_object(), there);
    CHECK(obstacle.has_value() == (*row.obstacle != 0));
    if (obstacle) {
      CHECK(obstacle->subject == "network");
      CHECK(obstacle->what.starts_with(row.obstacle));
      CHECK(obstacle->remedy.contains(row.remedy));
    }
    const auto warning = used_of_other("shop", "network", front, there);
    if (*row.owner)
      CHECK(warning ==
            fmt::format("network shop_front is of {}, and project shop uses it, as with docker compose "
                        "up: where that is meant, declare {}; else give it another name",
                        row.owner, as_external));
    else
      CHECK(warning.empty());
  }
}

TEST_CASE("a volume of another owner is used, as compose uses it, and its owner is told") {
  const auto told = [](const char* labels) {
    return used_of_other("shop", "volume", {"data", "shop_data"}, {{"Labels", json::parse(labels)}});
  };
  CHECK(told(R"({"com.docker.compose.project":"shop","com.docker.compose.volume":"data"})").empty());
  CHECK(told(R"({"com.docker.compose.project":"blog","com.docker.compose.volume":"data"})") ==
        "volume shop_data is of compose project blog, and project shop uses it, as with docker compose up: "
        "where "
        "that is meant, declare volumes: { data: { external: true, name: shop_data } }; else give it another "
        "name");
  for (const char* none : {"null", "{}", R"({"team":"a"})"})
    CHECK(told(none).starts_with("volume shop_data is of no compose project, and"));
}
