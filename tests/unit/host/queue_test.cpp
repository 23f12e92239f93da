#include "host/queue.hpp"

#include <optional>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace belay;

namespace {

auto places_in(const fs::path& directory) {
  return std::distance(fs::directory_iterator(directory), fs::directory_iterator()) - 1;
}

}  // namespace

TEST_CASE("who came first is first, and whoever leaves makes room for the next") {
  const TemporaryDirectory scratch("belay-queue-");
  const auto& queue = scratch.path();
  write_file_atomically(queue / "lock", "");  // what else is there is no place
  std::optional<PlaceInQueue> first(std::in_place, queue), second(std::in_place, queue);
  const PlaceInQueue third(queue);
  CHECK(first->is_first());
  CHECK_FALSE(second->is_first());
  CHECK_FALSE(third.is_first());
  second.reset();
  CHECK_FALSE(third.is_first());
  first.reset();
  CHECK(third.is_first());
  CHECK(places_in(queue) == 1);
}

TEST_CASE("one who dies in the queue has left it") {
  const TemporaryDirectory scratch("belay-queue-");
  const auto& queue = scratch.path();
  write_file_atomically(queue / "lock", "");  // what else is there is no place
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const PlaceInQueue place(queue);
    ::_exit(0);  // nothing is tidied up, as after a SIGKILL
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(places_in(queue) == 1);
  const PlaceInQueue place(queue);
  CHECK(place.is_first());
  CHECK(places_in(queue) == 1);
}

TEST_CASE("a place that is not locked is nobody's") {
  const TemporaryDirectory scratch("belay-queue-");
  write_file_atomically(scratch.path() / "waiting-00000000000000000001-x", "");
  const PlaceInQueue place(scratch.path());
  CHECK(place.is_first());
}
