#include "host/edge_status.hpp"

#include <doctest/doctest.h>

using namespace belay;
using State = haproxy::Server::State;

TEST_CASE("a slot is shown as what its container is, where that does not run") {
  struct Row {
    State state;
    bool reachable;
    const char *container, *shown;
  };
  for (const auto& row : {
           Row{State::ready, true, "running", "open"}, Row{State::ready, false, "running", "unreachable"},
           Row{State::drain, true, "running", "draining"},
           Row{State::ready, true, "exited", "exited"},  // HAProxy has not seen it yet
           Row{State::ready, true, "paused", "paused"}, Row{State::drain, true, "exited", "exited"},
           Row{State::ready, false, "", "unreachable"},  // its container is gone
           Row{State::ready, true, "", "open"},          // or is not known by its label
       }) {
    CAPTURE(row.container);
    haproxy::Server server;
    server.state = row.state;
    server.reachable = row.reachable;
    CHECK(slot_state(server, row.container) == row.shown);
  }
}
