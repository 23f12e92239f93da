#include "drivers/host_port.hpp"

#include <algorithm>
#include <utility>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.hpp"

using namespace belay;

TEST_CASE("two ports collide where one of them keeps the other from being opened") {
  struct Row {
    HostPort one, other;
    bool collide;
  };
  for (const auto& row : {
           Row{{"", 80}, {"", 80}, true},
           Row{{"", 80}, {"", 81}, false},
           Row{{"", 53}, {"", 53, "udp"}, false},
           Row{{"", 53, "udp"}, {"127.0.0.53", 53, "udp"}, true},
           Row{{"127.0.0.1", 80}, {"10.0.0.1", 80}, false},
           Row{{"127.0.0.1", 80}, {"127.0.0.1", 80}, true},
           Row{{"127.0.0.1", 80}, {"0.0.0.0", 80}, true},
           Row{{"::", 80}, {"10.0.0.1", 80}, true},
           Row{{"::", 80}, {"0.0.0.0", 80}, true},
           Row{{"::", 80}, {"::1", 80}, true},
           Row{{"", 80}, {"::1", 80}, true},
           Row{{"0.0.0.0", 80}, {"::1", 80}, false},
           Row{{"10.0.0.2", 443}, {"", 53, "udp"}, false},
           Row{{"", 3868, "sctp"}, {"", 3868}, false},
           Row{{"", 3868, "sctp"}, {"10.0.0.1", 3868, "sctp"}, true},
           Row{{"0:0:0:0:0:0:0:1", 80}, {"::1", 80}, true},
           Row{{"2001:DB8::1", 80}, {"2001:db8:0::1", 80}, true},
           Row{{"2001:db8::1", 80}, {"2001:db8::2", 80}, false},
           Row{{"0::0", 80}, {"10.0.0.1", 80}, true},
           Row{{"::1", 80}, {"127.0.0.1", 80}, false},
           Row{{"10.0.0.2", 53}, {"127.0.0.53", 53}, false},
       }) {
    CAPTURE(shown(row.one));
    CAPTURE(shown(row.other));
    CHECK(collide(row.one, row.other) == row.collide);
    CHECK(collide(row.other, row.one) == row.collide);
  }
}

TEST_CASE("the kernel's tables: what listens, with its address") {
  const auto tcp = ports_in_table(
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 "
      "0 0 10 0\n"
      "   1: 0100007F:0016 0200000A:C001 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 "
      "0 0 10 0\n",
      "tcp");
  REQUIRE(tcp.size() == 1);
  CHECK(shown(tcp[0]) == "127.0.0.1:5432");
  const auto tcp6 = ports_in_table(
      "  sl  local_address                         remote_address                        st rest\n"
      "   0: 00000000000000000000000000000000:0BB9 00000000000000000000000000000000:0000 0A rest\n"
      "   1: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A rest\n",
      "tcp");
  REQUIRE(tcp6.size() == 2);
  CHECK(tcp6[0].address == "::");
  CHECK(shown(tcp6[0]) == "3001");
  CHECK(shown(tcp6[1]) == "127.0.0.1:8080");
  const auto udp = ports_in_table("heading\n 9: 3500007F:0035 00000000:0000 07 rest\n", "udp");
  REQUIRE(udp.size() == 1);
  CHECK(shown(udp[0]) == "127.0.0.53:53/udp");
}

TEST_CASE("what is no table has no ports") {
  for (const auto* text :
       {"", "heading", "heading\n", "heading\n0: zz:0016 x 0A r\n", "heading\n0: 0100007F 0 0A r\n"})
    CHECK(ports_in_table(text, "tcp").empty());
}

TEST_CASE("what a process beside listens on for others: not on the loopback") {
  const auto listens_at = [](std::uint32_t address) {
    Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(address);
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    REQUIRE(::listen(socket.get(), 1) == 0);
    socklen_t size = sizeof name;
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&name), &size) == 0);
    return std::pair(std::move(socket), static_cast<int>(ntohs(name.sin_port)));
  };
  const auto open = listens_at(INADDR_ANY), own = listens_at(INADDR_LOOPBACK);
  const auto found = ports_open_beside(::getpid());
  CHECK(std::ranges::count(found, open.second) == 1);
  CHECK(std::ranges::count(found, own.second) == 0);
  CHECK(ports_open_beside(0).empty());
}
