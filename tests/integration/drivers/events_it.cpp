#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <doctest/doctest.h>

#include "world.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

/// Follows the Engine's events in a thread of its own and keeps those of one container.
class Follower {
 public:
  Follower(const docker::Engine& engine, std::string id, std::int64_t since = 0)
      : id_(std::move(id)), thread_([this, &engine, since](std::stop_token stop) {
          engine.follow_events(
              since, [this] { open_ = true; }, [this](const docker::Event& event) { take(event); }, stop);
        }) {
    REQUIRE(eventually([this] { return open_.load(); }));
  }

  std::optional<docker::Event> wait_for(const std::string& action) {
    std::optional<docker::Event> found;
    eventually([&] {
      const std::lock_guard lock(mutex_);
      for (const docker::Event& event : events_)
        if (event.action == action) found = event;
      return found.has_value();
    });
    return found;
  }
  std::size_t count(const std::string& action) {
    const std::lock_guard lock(mutex_);
    std::size_t number = 0;
    for (const docker::Event& event : events_) number += event.action == action ? 1u : 0u;
    return number;
  }

 private:
  void take(const docker::Event& event) {
    const std::lock_guard lock(mutex_);
    if (event.id == id_) events_.push_back(event);
  }
  std::string id_;
  std::atomic<bool> open_ = false;
  std::mutex mutex_;
  std::vector<docker::Event> events_;
  std::jthread thread_;
};

}  // namespace

TEST_CASE("a container's life is told as it happens, and a kill with its exit code") {
  const World world;
  const std::string id =
      world.create("events", "sleep 1000", {{"Labels", boost::json::object{{"belay.it", "yes"}}}});
  Follower follower(world.engine, id);
  world.engine.start(id);
  const auto started = follower.wait_for("start");
  REQUIRE(started);
  CHECK(started->type == "container");
  CHECK(started->attributes.at("name") == world.name("events"));
  CHECK(started->attributes.at("belay.it") == "yes");
  sh({"docker", "kill", id});
  const auto died = follower.wait_for("die");
  REQUIRE(died);
  CHECK(died->attributes.at("exitCode") == "137");
  CHECK(died->time_nano > started->time_nano);
}

TEST_CASE("whoever connects again with the last event's time gets what came in between, once") {
  const World world;
  const std::string id = world.create("again", "sleep 1000");
  std::int64_t last = 0;
  {
    Follower follower(world.engine, id);
    world.engine.start(id);
    last = follower.wait_for("start").value().time_nano;
  }
  sh({"docker", "kill", id});
  Follower follower(world.engine, id, last);
  CHECK(follower.wait_for("die"));
  CHECK(follower.count("start") == 0);
  CHECK(follower.count("die") == 1);
}

TEST_CASE("an event in the instant after the stream opened is never lost") {
  const World world;
  for (int round = 0; round < 30; ++round) {
    CAPTURE(round);
    const std::string id = world.create("race" + std::to_string(round), "true");
    Follower follower(world.engine, id);
    world.engine.rename(id, world.name("raced" + std::to_string(round)));
    CHECK(follower.wait_for("rename"));
  }
}

TEST_CASE("health is told by events where the image has a health check") {
  const World world;
  const std::string id = world.create(
      "health", "sleep 1000",
      {{"Healthcheck",
        boost::json::object{{"Test", boost::json::array{"CMD", "true"}}, {"Interval", 1'000'000'000}}}});
  Follower follower(world.engine, id);
  world.engine.start(id);
  CHECK(follower.wait_for("health_status: healthy"));
  CHECK(world.engine.inspect(id)->health == "healthy");
}
