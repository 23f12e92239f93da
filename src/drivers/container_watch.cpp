#include "drivers/container_watch.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/core.h>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace belay {

namespace {
constexpr auto longest_wait_for_stream = std::chrono::seconds(5);
constexpr auto unhealthy = "was found unhealthy by its HEALTHCHECK";
constexpr auto pause_before_reconnect = std::chrono::milliseconds(200);
constexpr auto first_pause_before_restart =
    std::chrono::milliseconds(100);  // the Engine's; doubled each time
constexpr auto longest_pause_before_restart = std::chrono::seconds(10);
/// The Engine's: it takes a container that lived so long for one that had come up.
constexpr auto short_life = std::chrono::seconds(10);

}  // namespace

bool is_kept_running(const std::string& restart_policy) {
  return restart_policy == "always" || restart_policy == "unless-stopped";
}

bool RestartRule::allows(int exit_code, int deaths) const {
  if (is_kept_running(policy)) return true;
  return policy == "on-failure" && exit_code != 0 && (maximum == 0 || deaths <= maximum);
}

ContainerWatch::ContainerWatch(docker::Engine engine, std::vector<std::string> ids, Rules rules)
    : engine_(engine.with(std::nullopt)),
      patient_(std::move(engine)),
      ids_(ids.begin(), ids.end()),
      rules_(std::move(rules)),
      last_counted_(rules_.ended),
      following_([this](const std::stop_token& stop) { follow(stop); }) {
  wait_until_it_stands();
}

void ContainerWatch::wait_until_it_stands() {
  while (pause(longest_wait_for_stream, stands_.get_token())) {
    if (!away_.exchange(false))
      throw Error("the Engine's event stream did not open", "no answer within 5 s",
                  "check the Engine: docker events --since 1m");
    patient_.ping();
  }
}

ContainerWatch::~ContainerWatch() = default;

std::optional<ContainerWatch::Death> ContainerWatch::death() const {
  const std::scoped_lock lock(mutex_);
  return death_;
}

std::optional<ContainerWatch::Death> ContainerWatch::last_death_of(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto death = last_deaths_.find(id);
  return death == last_deaths_.end() ? std::nullopt : std::optional(death->second);
}

void ContainerWatch::restart_no_more() {
  restart_ = false;
  std::optional<Death> down;
  {
    const std::scoped_lock lock(mutex_);
    if (!down_.empty()) down = down_.begin()->second;
  }
  if (down) report(std::move(*down));
}

void ContainerWatch::follow(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      engine_.follow_events(
          last_event_nano_,
          [this, &stop] {
            look_once(stop);
            away_ = false;
            stands_.request_stop();
          },
          [this, &stop](const docker::Event& event) { seen(event, stop); }, stop);
    } catch (const docker::Unreachable&) {
      away_ = true;
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
      // The Engine is restarting: the stream is opened again until it stands or nobody needs it any more.
      // That it does not come back is found by whoever waits for the candidate, whose own deadline ends the
      // step.
    }
    pause(pause_before_reconnect, stop);
  }
}

void ContainerWatch::look_once(const std::stop_token& stop) {
  // What happened between a broken stream and the next one: only a container that has been started can have
  // died.
  for (const auto& id : ids_) {
    const auto inspection = engine_.inspect(id);
    if (!inspection) return report({id, "was removed"});
    const auto& state = inspection->container.state;
    if (state == "exited" || state == "dead" || state == "restarting" || inspection->restarts > 0)
      ended(id, inspection->exit_code, stop);
    else if (inspection->health == "unhealthy")
      report({id, unhealthy});
  }
}

void ContainerWatch::seen(const docker::Event& event, const std::stop_token& stop) {
  last_event_nano_ = event.time_nano;
  if (!ids_.contains(event.id)) return;
  if (event.action == "oom") {
    out_of_memory_.insert(event.id);
  } else if (event.action == "die") {
    const auto code = event.attributes.find("exitCode");
    int number = -1;
    if (code != event.attributes.end())
      std::from_chars(code->second.data(), code->second.data() + code->second.size(), number);
    ended(event.id, number, stop);
  } else if (event.action == "health_status: unhealthy") {
    report({event.id, unhealthy});
  }
}

/// A death that the stream tells and look_once() finds too is one.
void ContainerWatch::ended(const std::string& id, int exit_code, const std::stop_token& stop) {
  if (exit_code == 0 && rules_.may_end.contains(id)) return;
  const auto inspection = engine_.inspect(id);
  const auto life = inspection ? inspection->started : Time{};
  if (const auto counted = last_counted_.find(id); counted != last_counted_.end() && counted->second == life)
    return;
  last_counted_[id] = life;
  Death death{id, how_it_ended(id, exit_code), exit_code};
  {
    const std::scoped_lock lock(mutex_);
    if (const auto before = last_deaths_.find(id); before != last_deaths_.end())
      death.number = before->second.number + 1;
    last_deaths_[id] = death;
  }
  const auto rule = rules_.restarts.find(id);
  if (!inspection || !restart_ || rule == rules_.restarts.end() ||
      !rule->second.allows(exit_code, death.number) || is_hopeless(death, life))
    return report(death);
  auto& pause_before = pauses_.try_emplace(id, first_pause_before_restart).first->second;
  if (now() - life >= short_life) pause_before = first_pause_before_restart;
  start_again(death, pause_before, stop);
  pause_before = std::min<std::chrono::milliseconds>(2 * pause_before, longest_pause_before_restart);
}

bool ContainerWatch::is_hopeless(const Death& death, Time life) {
  auto& loop = loops_[death.id];
  const bool alike = loop.exit_code == *death.exit_code && now() - life < short_life;
  loop = {*death.exit_code, alike ? loop.number + 1 : 1};
  if (loop.number < most_alike_deaths) return false;
  try {
    return !rules_.may_wait || !rules_.may_wait(death.id);
  } catch (const Error&) {  // nobody knows: the waiting has a limit of its own
    return false;
  }
}

/// Beside the stream: others may die during the pause.
void ContainerWatch::start_again(const Death& death, std::chrono::milliseconds pause_before,
                                 const std::stop_token& stop) {
  if (rules_.told) rules_.told(death);
  if (stop.stop_requested()) return;
  out_of_memory_.erase(death.id);
  // The one before may still be about to say that its container runs again.
  starting_again_.erase(death.id);
  {
    const std::scoped_lock lock(mutex_);
    down_[death.id] = death;
  }
  const auto begin_again = [this, death, pause_before,
                            engine = engine_.with(std::nullopt)](const std::stop_token& stopped) {
    if (!pause(pause_before, stopped)) return;
    try {
      engine.with(docker::Patience{.until = stopped}).start(death.id);
      const std::scoped_lock lock(mutex_);
      down_.erase(death.id);
    } catch (const Error& error) {
      auto final = death;
      final.how += ", and could not be started again: " + error.message_and_why();
      report(std::move(final));
    }
  };
  starting_again_.emplace(death.id, Background(begin_again));
}

std::string ContainerWatch::how_it_ended(const std::string& id, int exit_code) {
  // Running out of memory is an event of its own, before or after this one; of a container that was killed,
  // the Engine is asked.
  if (exit_code == 137 && !out_of_memory_.contains(id))
    if (const auto inspection = engine_.inspect(id); inspection && inspection->oom_killed)
      out_of_memory_.insert(id);
  return out_of_memory_.contains(id)
             ? "killed: out of memory"
             : "exited with code " + (exit_code < 0 ? "unknown" : std::to_string(exit_code));
}

void ContainerWatch::report(Death death) {
  if (death.number > 1) death.how += fmt::format("; it died {} times", death.number);
  {
    const std::scoped_lock lock(mutex_);
    if (!death_) death_ = std::move(death);
  }
  died_.request_stop();
}

}  // namespace belay
