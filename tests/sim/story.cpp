#include "story.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "host.hpp"
#include "model/hook_json.hpp"
#include "model/labels.hpp"
#include "release/release_store.hpp"
#include "saga/controller.hpp"
#include "saga/journal.hpp"
#include "saga/opening.hpp"
#include "saga/recovery.hpp"
#include "saga/run.hpp"
#include "saga/watch_over.hpp"

namespace belay::sim {

namespace json = boost::json;

namespace {

constexpr auto current_release = "20260101-100000-aaaaaaa", other_release = "20260101-090000-bbbbbbb";
constexpr auto health_port = 8080;

Behaviour behaviour_of(Candidate candidate) {
  using std::chrono::milliseconds;
  switch (candidate) {
    case Candidate::good:
      return {};
    case Candidate::dies_at_once:
      return {.dies_after = milliseconds(20)};
    case Candidate::dies_later:
      return {.dies_after = milliseconds(900)};
    case Candidate::answers_500:
      return {.answers = 500};
    case Candidate::never_listens:
      return {.listens_after = std::chrono::hours(24)};
  }
  return {};
}

/// A host with two good releases of an application that has a web service and a worker; one of them serves.
class Story {
 public:
  Story(const Schedule& schedule, const std::string& directory, bool tell)
      : schedule_(schedule), host_(schedule.seed, schedule.faults), layout_{.live = directory} {
    host_.tells = tell;
    std::filesystem::remove_all(directory);
    host_.engine.add_image("sha256:a", {"shop:latest", "shop:" + std::string(current_release)}, {});
    host_.engine.add_image("sha256:b", {"shop:" + std::string(other_release)},
                           behaviour_of(schedule.candidate));
    make_release(other_release, "sha256:b");
    make_release(current_release, "sha256:a");
    make_directories(layout_.runs());
    ReleaseStore(layout_).set_current(current_release);
    for (const auto* service : {"web", "worker"}) {
      auto body = body_of(service, current_release);
      body.at("Labels").as_object()[label::release] = current_release;
      host_.engine.start(*host_.engine.find(host_.engine.make(fmt::format("shop-{}-1", service), body)));
    }
    host_.another_person_comes = [this](const Fault& fault) { let_another_person_type(fault); };
    host_.somebody_asks_to_stop = [this] {
      for (auto& run : heard_) run.request_stop();
    };
    host_.one_that_serves = [this] { return container_of("web", current_release); };
    host_.fibers.wait({}, host_.fibers.time() + std::chrono::seconds(60));
    host_.fibers.passes = [this](SteadyClock::duration time) {
      if (!host_.engine_is_away() && container_of("web", current_release).empty() &&
          container_of("web", other_release).empty())
        down_ += time;
    };
  }

  ~Story() { std::filesystem::remove_all(layout_.live); }

  Verdict play() {
    Verdict verdict;
    try {
      host_.run_process([&] { roll_back(other_release); });
      wait_for_others();
      verdict.calls = host_.calls();
      look_at_the_time_without_service();
      come_to_an_end();
      look();
      for (const auto& fault : schedule_.faults)
        if (fault.kind == Fault::Kind::damage) damage_a_journal(fault.other_way);
    } catch (const Error& error) {
      say(error.message_and_why());
    } catch (const Hang&) {
      say("nothing goes on any more");
    }
    verdict.broken = std::move(broken_);
    verdict.story = std::move(host_.story);
    return verdict;
  }

 private:
  void say(std::string sentence) { broken_.push_back(std::move(sentence)); }

  EnvironmentConfig environment() const {
    EnvironmentConfig environment{.name = "production", .path = layout_.live, .services = {"web", "worker"}};
    environment.host.local = true;
    environment.health = {.url = fmt::format("http://127.0.0.1:{}/health", health_port),
                          .from = HealthCheck::From::host,
                          .attempts = 4,
                          .interval = std::chrono::seconds(1),
                          .timeout = std::chrono::seconds(1)};
    for (const auto at : all_hook_points)
      environment.hooks.push_back(
          {.at = at, .words = {"hook", std::string(name_of(at))}, .required = is_before_commit(at)});
    return environment;
  }

  json::object body_of(const std::string& service, const std::string& release) const {
    json::object labels{
        {compose_label::project, "shop"},  {compose_label::directory, layout_.live.string()},
        {compose_label::service, service}, {compose_label::number, "1"},
        {compose_label::oneoff, "False"},  {compose_label::config_hash, "hash-of-" + service + release}};
    json::object host{{"RestartPolicy", json::object{{"Name", "unless-stopped"}}},
                      {"NetworkMode", "shop_default"}};
    json::object body{{"Image", "shop:" + release}, {"Labels", std::move(labels)}};
    if (service == "web") {
      host["PortBindings"] = json::object{
          {"8080/tcp",
           json::array{json::object{{"HostIp", "127.0.0.1"}, {"HostPort", std::to_string(health_port)}}}}};
      body["ExposedPorts"] = json::object{{"8080/tcp", json::object{}}};
    }
    body["HostConfig"] = std::move(host);
    return body;
  }

  void make_release(const std::string& id, const std::string& image) const {
    Release release{.id = id,
                    .state = Release::State::good,
                    .commit = {.id = id.substr(16)},
                    .by = {"ada", "laptop"},
                    .created = now(),
                    .switched = now(),
                    .compose_file = "compose.yml",
                    .project = "shop",
                    .directory = layout_.live};
    for (const auto* service : {"web", "worker"})
      release.services.push_back({.name = service,
                                  .image_id = image,
                                  .frozen_image = "shop:" + id,
                                  .live_image = "shop:latest",
                                  .container_names = {fmt::format("shop-{}-1", service)},
                                  .containers = {body_of(service, id)}});
    make_directories(layout_.source(id));
    write_file_atomically(layout_.source(id) / "compose.yml", "# of " + id, 0644);
    if (id == current_release) write_file_atomically(layout_.live / "compose.yml", "# of " + id, 0644);
    ReleaseStore(layout_).save(release);
  }

  /// What the guard does, from the lock to the end. An Error here is told to whoever typed the command.
  void roll_back(const std::string& release, bool waits = false) {
    try {
      begin_rollback(release, waits);
    } catch (const Error& error) {
      host_.tell("refused: " + error.message_and_why());
    }
  }

  void begin_rollback(const std::string& release, bool waits) {
    auto lock = FileLock::try_acquire(layout_.lock());
    for (; !lock && waits; lock = FileLock::try_acquire(layout_.lock())) pause(std::chrono::seconds(1));
    if (!lock) throw Error("somebody else holds the environment");
    recover_open_runs(layout_, "next command");
    const auto plan = plan_rollback("shop", environment(), release, {"ada", "laptop"});
    OpenedRun opened{
        .run = open_new_run(layout_, wire::Start{.plan = plan}),
        .hearing = [this](const std::string&, std::stop_source run) -> std::unique_ptr<Controller> {
          heard_.push_back(std::move(run));
          return nullptr;
        }};
    watch_over(layout_, opened, std::move(*lock));
    // A guard that lives goes on by itself, but not for ever.
    if (!has_taken_long() && open_run(layout_) == opened.run) say("the guard ended, and its run is open");
  }

  void let_another_person_type(const Fault& fault) {
    // What a release does that dies after its commit is not looked at; see look().
    if (schedule_.candidate == Candidate::dies_later) return;
    others_.push_back(host_.fibers.start([this, fault] {
      const auto* release = fault.time > std::chrono::seconds(15) ? current_release : other_release;
      host_.run_process([&] { roll_back(release, fault.other_way); });
    }));
  }
  void wait_for_others() {
    while (!others_.empty()) {  // while one is waited for, a next one may come
      const auto other = others_.back();
      others_.pop_back();
      host_.fibers.wait([&] { return host_.fibers.ended(other); }, Fibers::Moment::max());
    }
  }

  /// Of a log, all behind the last sync may be gone after a power cut, or be half there.
  void lose_what_was_not_synced() {
    if (!host_.power_is_cut()) return;
    for (const auto& [path, synced] : host_.synced) {
      if (!fs::exists(path)) continue;
      const auto length = fs::file_size(path);
      if (length > synced)
        fs::resize_file(path, synced + static_cast<std::uint64_t>(
                                           host_.dice.below(static_cast<int>(length - synced) + 1)));
    }
  }

  bool any_fault(const std::function<bool(const Fault&)>& is) const {
    return std::ranges::any_of(schedule_.faults, is);
  }
  bool has_taken_long() const {
    return any_fault([](const Fault& one) { return one.time >= std::chrono::minutes(9); });
  }

  /// Stop, start and an undo take seconds. Where nothing but the disk, the Engine and single answers fail,
  /// nothing else may take longer, once the Engine is there.
  void look_at_the_time_without_service() {
    const bool only_small_faults = !any_fault([](const Fault& one) {
      using enum Fault::Kind;
      return one.kind != disk_full && one.kind != write_fails && one.kind != cut && one.kind != refused &&
             one.kind != kill && one.kind != stop_asked && one.kind != engine_away &&
             one.kind != engine_restart;
    });
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(down_);
    if (only_small_faults && schedule_.candidate != Candidate::dies_later &&
        seconds > std::chrono::seconds(10))
      say(fmt::format("no container served for {} s", seconds.count()));
  }

  /// A boot, and then the next commands.
  void come_to_an_end() {
    for (int tries = 0; tries < 4; ++tries) {
      lose_what_was_not_synced();
      host_.heal();
      if (!open_run(layout_)) return;
      host_.tell("--- recovery");
      recover("boot");
      wait_for_others();
    }
    if (const auto run = open_run(layout_)) say("the run " + *run + " is still open");
  }

  /// Whatever is damaged, the next command stops and removes nothing of what serves.
  void damage_a_journal(bool cuts) {
    const auto runs = runs_of(layout_);
    if (runs.empty() || !broken_.empty() || host_.is_theirs()) return;
    const auto journal = layout_.journal(runs[host_.dice.below(static_cast<int>(runs.size()))]);
    auto text = read_file(journal);
    const auto at = static_cast<std::size_t>(host_.dice.below(static_cast<int>(text.size())));
    if (cuts)
      text.resize(at);
    else
      text[at] = static_cast<char>(text[at] ^ (1 << host_.dice.below(8)));
    std::ofstream(journal, std::ios::binary | std::ios::trunc) << text;
    const auto before = shown_containers();
    host_.leave_in_peace();
    host_.tell(fmt::format("--- {} byte {} of {}", cuts ? "nothing is left from" : "another bit in", at,
                           journal.string()));
    recover("next command");
    wait_for_others();
    if (const auto after = shown_containers(); after != before)
      say(fmt::format("a damaged journal made {} of {}", after, before));
  }

  void recover(const std::string& by) {
    host_.run_process([&] {
      try {
        recover_if_abandoned(layout_, by);
      } catch (const Error& error) {
        host_.tell("not recovered: " + error.message_and_why());
      }
    });
  }

  std::vector<const FakeContainer*> ours() const {
    std::vector<const FakeContainer*> found;
    for (const auto& [id, container] : host_.engine.containers())
      if (!container.project.empty()) found.push_back(&container);
    return found;
  }

  /// The id of the container that runs; empty: none does.
  std::string container_of(std::string_view service, std::string_view release) const {
    for (const auto& [id, container] : host_.engine.containers())
      if (container.service == service && container.release == release && container.state == "running")
        return id;
    return {};
  }

  bool is_deployed() const {
    const auto runs = runs_of(layout_);
    const auto state = runs.empty() ? std::nullopt : run_state(Journal::read(layout_.journal(runs.front())));
    return state && state->committed;
  }

  int deaths() const {
    return static_cast<int>(std::ranges::count_if(schedule_.faults, [](const Fault& one) {
      using enum Fault::Kind;
      return one.kind == kill || one.kind == kill_both || one.kind == power_cut;
    }));
  }

  bool any_disk_fault() const {
    return any_fault([](const Fault& one) {
      return one.kind == Fault::Kind::disk_full || one.kind == Fault::Kind::write_fails;
    });
  }

  /// Whatever happened, a run that was closed has run the hooks of its outcome, and no others.
  void look_at_the_hooks() {
    for (const auto& run : runs_of(layout_)) {
      const auto state = run_state(Journal::read(layout_.journal(run)));
      if (!state || !state->closed) continue;
      auto& ran = host_.hooks[state->opened.nonce];
      const bool deployed = state->closed->outcome == RunOutcome::deployed;
      for (const auto at : all_hook_points) {
        const auto times = ran[std::string(name_of(at))];
        const auto found = fmt::format("the run {} ran the hooks of {} {} times", run, name_of(at), times);
        if (is_before_commit(at)) {
          if (times > 1 || (deployed && times < 1 && at != Hook::At::before_backup)) say(found);
          continue;
        }
        // Those in the middle of which a process died begin once more.
        if (times > (any_disk_fault() ? 2 : std::min(2, 1 + deaths()))) say(found);
        const bool is_its_own = deployed == (at == Hook::At::after_commit);
        if (!is_its_own && times > 0) say(found + ", and it ended otherwise");
        // A stop after the commit ends the hooks, which are noted as failed.
        const bool was_stopped =
            deployed && any_fault([](const Fault& one) { return one.kind == Fault::Kind::stop_asked; });
        if (is_its_own && at != Hook::At::after_rollback && times < 1 && deaths() < 2 && !was_stopped)
          say(found);
      }
    }
  }

  /// What must be true at the end of every schedule.
  void look() {
    look_at_the_hooks();
    if (host_.is_theirs()) return;
    std::string serves;
    for (const auto* release : {current_release, other_release})
      if (!container_of("web", release).empty() && !container_of("worker", release).empty())
        serves += (serves.empty() ? "" : " and ") + std::string(release);
    // A release that dies after its commit is its own affair.
    if (is_deployed() && schedule_.candidate == Candidate::dies_later) return;
    if (serves != current_release && serves != other_release)
      return say(fmt::format("{} serves: {}", serves.empty() ? "nothing" : serves, shown_containers()));
    if (serves == other_release && schedule_.candidate != Candidate::good) say("the bad release serves");
    if (ours().size() != 2) say("there are other containers: " + shown_containers());
    for (const auto* container : ours()) {
      const auto expected = fmt::format("shop-{}-1", container->service);
      if (container->name != expected) say(container->name + " should be named " + expected);
      if (container->policy != "unless-stopped") say(container->name + " does not come up after a reboot");
    }
    look_at_the_records(serves);
    host_.reboot();
    for (const auto* service : {"web", "worker"})
      if (container_of(service, serves).empty())
        say(fmt::format("{} did not come up after a reboot", service));
  }

  void look_at_the_records(const std::string& serves) {
    if (const auto current = ReleaseStore(layout_).current(); current != serves)
      say(fmt::format("current is {}, and {} serves", current, serves));
    const auto runs = runs_of(layout_);
    if (runs.empty()) return;
    const auto state = run_state(Journal::read(layout_.journal(runs.front())));
    if (!state || !state->closed) return say("the run was not closed");
    if (state->closed->serving != serves)
      say(fmt::format("the journal says that {} serves, and {} does", state->closed->serving, serves));
    if (schedule_.faults.empty() &&
        (state->closed->outcome == RunOutcome::deployed) != (schedule_.candidate == Candidate::good))
      say("without a fault, it came out otherwise");
  }

  std::string shown_containers() const {
    std::vector<std::string> shown;
    for (const auto* container : ours())
      shown.push_back(fmt::format("{} ({}, {}, {})", container->name, container->release, container->state,
                                  container->id.substr(0, 12)));
    std::ranges::sort(shown);
    return fmt::format("{}", fmt::join(shown, ", "));
  }

  const Schedule& schedule_;
  Host host_;
  Layout layout_;
  std::vector<std::string> broken_;
  std::vector<std::stop_source> heard_;  // of runs that a person may ask to stop
  std::vector<int> others_;              // fibers
  SteadyClock::duration down_{};         // in which the Engine was there, and no web container ran
};

}  // namespace

std::string shown(Candidate candidate) {
  static constexpr const char* names[] = {"is good", "dies at once", "dies later", "answers 500",
                                          "never listens"};
  return names[static_cast<int>(candidate)];
}

std::string Schedule::shown() const {
  std::vector<std::string> listed;
  for (const auto& fault : faults) listed.push_back(fault.shown());
  return fmt::format("seed {}: a rollback to a release that {}; {}", seed, sim::shown(candidate),
                     fmt::join(listed, ", "));
}

Schedule schedule_of(std::uint64_t seed, const std::vector<int>& calls) {
  Dice dice(seed);
  Schedule schedule{.seed = seed,
                    .candidate = static_cast<Candidate>(dice.below(static_cast<int>(calls.size())))};
  const int length = calls[static_cast<std::size_t>(schedule.candidate)];
  // One fault in half of them: where several meet, a single one is hard to see.
  const int count = dice.one_in(2) ? 1 : 2 + dice.below(2);
  for (int i = 0; i < count; ++i)
    // Half of the later faults strike while belay still deals with the one before.
    schedule.faults.push_back({.kind = static_cast<Fault::Kind>(dice.below(Fault::kinds)),
                               .at = i > 0 && dice.one_in(2) ? schedule.faults.back().at + 1 + dice.below(40)
                                                             : 1 + dice.below(length * 5 / 4),
                               .time = std::chrono::seconds(1 + dice.below(dice.one_in(4) ? 900 : 30)),
                               .other_way = dice.one_in(2)});
  return schedule;
}

Verdict play(const Schedule& schedule, const std::string& directory, bool tell) {
  return Story(schedule, directory, tell).play();
}

}  // namespace belay::sim
