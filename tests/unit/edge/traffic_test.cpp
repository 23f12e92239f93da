#include "edge/traffic.hpp"

#include <doctest/doctest.h>

using namespace belay;
using State = haproxy::Server::State;

namespace {

haproxy::Server server(std::string slot, std::string host, std::int64_t requests, std::int64_t errors,
                       State state = State::ready) {
  return {.backend = "web_80",
          .slot = std::move(slot),
          .host = std::move(host),
          .state = state,
          .requests = requests,
          .errors_5xx = errors};
}

}  // namespace

TEST_CASE("what came between two looks at the edge counts where the same container stood at both") {
  const PassedOn before({server("s1", "a", 100, 3), server("s2", "b", 50, 50),
                         server("s3", "", 7, 7, State::maintenance), server("s4", "d", 9, 9),
                         server(haproxy::hold_slot, "", 20, 20)});
  const auto count = PassedOn({
                                  server("s1", "a", 160, 60),
                                  server("s2", "c", 90, 90),                // another took its slot
                                  server("s3", "x", 17, 17),                // came later
                                  server("s4", "d", 30, 30, State::drain),  // gets nothing any more
                                  server(haproxy::hold_slot, "", 40, 40),
                              })
                         .since(before);
  CHECK(count.requests == 60);
  CHECK(count.errors == 57);
  CHECK(before.all().requests == 159);
  CHECK(before.all().errors == 62);
  const auto read_again = PassedOn({server("s1", "a", 2, 1)}).since(before);
  CHECK(read_again.requests == 0);
  CHECK(read_again.errors == 0);
}

TEST_CASE("errors are held against what serves where they are many, and nothing is claimed of no requests") {
  struct Row {
    std::int64_t requests, errors;
    const char* said;
    Answers usual{};
  };
  for (const auto& row : {
           Row{0, 0, ""},
           Row{4, 4, ""},
           Row{1000, 0, ""},
           Row{1000, 99, ""},
           Row{60, 4, ""},
           Row{5, 5, "answers 5 of 5 requests with 5xx since then"},
           Row{60, 57, "answers 57 of 60 requests with 5xx since then"},
           Row{1000, 100, "answers 100 of 1000 requests with 5xx since then"},
           Row{60, 20, "", {5000, 1500}},  // it has always answered so
           Row{60, 57, "answers 57 of 60 requests with 5xx since then", {5000, 1500}},
       })
    CHECK(bad_answers_text({row.requests, row.errors}, row.usual) == row.said);
}
