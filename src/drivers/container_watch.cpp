#include "drivers/container_watch.hpp"

#include <chrono>

#include "base/error.hpp"

namespace belay {

namespace {
constexpr auto longest_wait_for_stream = std::chrono::seconds(5);
constexpr auto unhealthy = "was found unhealthy by its HEALTHCHECK";
constexpr auto pause_before_reconnect = std::chrono::milliseconds(200);
}  // namespace

ContainerWatch::ContainerWatch(docker::Engine engine, std::vector<std::string> ids,
                               const std::vector<std::string>& may_end)
    : engine_(std::move(engine)), ids_(ids.begin(), ids.end()), may_end_(may_end.begin(), may_end.end()) {
  thread_ = std::jthread([this](const std::stop_token& stop) { follow(stop); });
  std::unique_lock lock(mutex_);
  if (!standing_changed_.wait_for(lock, longest_wait_for_stream, [this] { return standing_; }))
    throw Error("the Engine's event stream did not open", "no answer within 5 s",
                "check the Engine: docker events --since 1m");
}

ContainerWatch::~ContainerWatch() = default;

std::optional<ContainerWatch::Death> ContainerWatch::death() const {
  const std::scoped_lock lock(mutex_);
  return death_;
}

void ContainerWatch::follow(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      engine_.follow_events(
          last_event_nano_,
          [this] {
            look_once();
            const std::scoped_lock lock(mutex_);
            standing_ = true;
            standing_changed_.notify_all();
          },
          [this](const docker::Event& event) { seen(event); }, stop);
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
      // The Engine is restarting: the stream is opened again until it stands or nobody needs it any more.
      // That it does not come back is found by whoever waits for the candidate, whose own deadline ends the
      // step.
    }
    std::mutex pause;
    std::unique_lock lock(pause);
    std::condition_variable_any().wait_for(lock, stop, pause_before_reconnect, [] { return false; });
  }
}

void ContainerWatch::look_once() {
  // What happened between a broken stream and the next one: only a container that has been started can have
  // died.
  for (const auto& id : ids_) {
    const auto inspection = engine_.inspect(id);
    if (!inspection) return report(id, "was removed");
    const auto& state = inspection->container.state;
    if (state == "exited" && inspection->exit_code == 0 && may_end_.contains(id)) continue;
    if (state == "exited" || state == "dead" || state == "restarting" || inspection->restarts > 0)
      return report(id, inspection->oom_killed ? "killed: out of memory"
                                               : "exited with code " + std::to_string(inspection->exit_code));
    if (inspection->health == "unhealthy") return report(id, unhealthy);
  }
}

void ContainerWatch::seen(const docker::Event& event) {
  last_event_nano_ = event.time_nano;
  if (!ids_.contains(event.id)) return;
  if (event.action == "oom") {
    out_of_memory_.insert(event.id);
  } else if (event.action == "die") {
    const auto found = event.attributes.find("exitCode");
    const auto code = found == event.attributes.end() ? "unknown" : found->second;
    if (code == "0" && may_end_.contains(event.id)) return;
    report(event.id, how_it_ended(event.id, code));
  } else if (event.action == "health_status: unhealthy") {
    report(event.id, unhealthy);
  }
}

std::string ContainerWatch::how_it_ended(const std::string& id, const std::string& exit_code) {
  // Running out of memory is an event of its own, before or after this one; of a container that was killed,
  // the Engine is asked.
  if (exit_code == "137" && !out_of_memory_.contains(id))
    if (const auto inspection = engine_.inspect(id); inspection && inspection->oom_killed)
      out_of_memory_.insert(id);
  return out_of_memory_.contains(id) ? "killed: out of memory" : "exited with code " + exit_code;
}

void ContainerWatch::report(const std::string& id, std::string how) {
  {
    const std::scoped_lock lock(mutex_);
    if (!death_) death_ = Death{id, std::move(how)};
  }
  died_.request_stop();
}

EitherStop::EitherStop(std::stop_token one, std::stop_token other)
    : one_(std::move(one), Request{source_}), other_(std::move(other), Request{source_}) {}

}  // namespace belay
