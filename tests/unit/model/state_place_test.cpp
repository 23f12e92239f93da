#include "model/state_place.hpp"

#include <doctest/doctest.h>

using namespace belay;

TEST_CASE("a state's directory is named by the live directory's name and a hash of its path") {
  struct Row {
    const char *live, *key;
  };
  for (const auto& [live, key] : {
           Row{"/srv/app", "app-dae668e4084f"},
           Row{"/srv/my app's", "my_app_s-919fbc2a1030"},
           Row{"/srv/ümlaut", "__mlaut-1db6a6013ae4"},
           Row{"/", "-8a5edab28263"},
           Row{"/srv/a\tb", "a_b-54113079d2d8"},
           Row{"/srv/.hidden-1_2", ".hidden-1_2-ffa8bfb7cbb1"},
       }) {
    CAPTURE(live);
    CHECK(state_key(live) == key);
  }
  CHECK(state_key("/srv/" + std::string(300, 'x')).size() == 100 + 13);
}

TEST_CASE("root keeps it in /var/lib, others in their home") {
  CHECK(state_directory(true, "/root", "/srv/app") == "/var/lib/belay/" + state_key("/srv/app"));
  CHECK(state_directory(false, "/home/ana", "/srv/app") ==
        "/home/ana/.local/state/belay/" + state_key("/srv/app"));
}

TEST_CASE("only a path of that form may be an environment's state") {
  const std::string key = state_key("/srv/app");
  for (const auto& state : {"/var/lib/belay/" + key, "/home/ana/.local/state/belay/" + key})
    CHECK(may_be_state_of("/srv/app", state));
  for (const auto& state : {std::string("/etc"), "/var/lib/" + key, "belay/" + key,
                            "/var/lib/belay/" + state_key("/srv/other"), "/var/lib/belay/" + key + "/runs"})
    CHECK_FALSE(may_be_state_of("/srv/app", state));
}
