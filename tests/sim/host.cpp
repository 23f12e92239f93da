#include "host.hpp"

#include <cerrno>
#include <exception>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/time.hpp"

namespace belay::sim {

namespace {

thread_local Host* the_host = nullptr;
constexpr auto year_2026 = std::chrono::seconds(1'770'000'000);

}  // namespace

std::string Fault::shown() const {
  static constexpr const char* names[] = {
      "kill",           "kill_both",   "power_cut",      "disk_full",  "engine_away",
      "engine_restart", "cut",         "refused",        "prune",      "stop_serving",
      "remove_serving", "write_fails", "another_person", "stop_asked", "damage"};
  return fmt::format("{}@{}{}{}", names[static_cast<int>(kind)], at,
                     time.count() > 0 ? fmt::format(" for {} s", time.count() / 1000) : "",
                     other_way ? " (b)" : "");
}

Host::Host(std::uint64_t seed, std::vector<Fault> faults)
    : dice(seed),
      fibers(dice),
      engine([this](std::chrono::milliseconds time, std::function<void()> body) {
        fibers.at(fibers.time() + time, std::move(body));
      }),
      faults_(std::move(faults)) {
  the_host = this;
  fibers.set_time(Fibers::Moment(year_2026));
}

Host::~Host() {
  the_host = nullptr;
}

Host& Host::here() {
  return *the_host;
}

void Host::tell(const std::string& line) {
  if (tells)
    story.push_back(fmt::format(
        "{:>8} ms  {:>5}  {}",
        std::chrono::duration_cast<std::chrono::milliseconds>(fibers.time() - Fibers::Moment(year_2026))
            .count(),
        calls_, line));
}

Process* Host::process_of(int fiber) {
  const auto found = of_fiber_.find(fiber);
  return found == of_fiber_.end() ? processes_.empty() ? nullptr : processes_.back() : found->second;
}

bool Host::enter(std::string_view act, std::string_view thing, const std::function<void()>& dies_here) {
  auto* const self = process_of(fibers.current());
  const auto dead = [&] {
    if (self == nullptr || !self->dead) return false;
    if (std::uncaught_exceptions() > 0) return true;
    throw Death{};
  };
  if (dead()) return false;
  if (self == nullptr) return true;  // the story's own
  ++calls_;
  if (tells) tell(fmt::format("{}{}{}", act, thing.empty() ? "" : " ", thing));
  for (const auto& fault : faults_) {
    if (fault.at != calls_) continue;
    strike(fault);
    if (self->dead && dies_here) dies_here();
  }
  return !dead();
}

void Host::strike(const Fault& fault) {
  using enum Fault::Kind;
  tell("*** " + fault.shown());
  if (engine_is_away() && (fault.kind == prune || fault.kind == stop_serving || fault.kind == remove_serving))
    return;
  if (fault.kind == stop_serving || fault.kind == remove_serving) {
    last_act_ = calls_;
    acted_unwatched_ = acted_unwatched_ || !watched_;
  }
  const auto serving = [&] { return one_that_serves ? engine.find(one_that_serves()) : nullptr; };
  switch (fault.kind) {
    case kill:
      process_of(fibers.current())->dead = true;
      break;
    case power_cut:
      power_cut_ = true;
      [[fallthrough]];
    case kill_both:
      for (auto* process : processes_) process->dead = true;
      break;
    case disk_full:
      disk_full_until_ = fibers.time() + fault.time;
      break;
    case engine_restart:
      engine.go_down();
      fibers.at(fibers.time() + fault.time, [this] { engine.come_up(); });
      [[fallthrough]];
    case engine_away:
      away_until_ = std::max(away_until_, fibers.time() + fault.time);
      fibers.at(away_until_, [] {});  // so that time stops there
      break;
    case cut:
    case refused:
      engine_fault_ = fault;
      break;
    case prune:
      engine.prune_containers();
      break;
    case stop_serving:
      if (auto* container = serving()) engine.stop(*container);
      break;
    case remove_serving:
      if (auto* container = serving()) engine.remove(container->id);
      break;
    case write_fails:
      write_fails_ = true;
      break;
    case another_person:
      if (another_person_comes) another_person_comes(fault);
      break;
    case stop_asked:
      if (somebody_asks_to_stop) somebody_asks_to_stop();
      break;
    case damage:
      break;
  }
}

void Host::wait(const std::function<bool()>& ready, Fibers::Moment until) {
  auto* const self = process_of(fibers.current());
  fibers.wait([&] { return (self != nullptr && self->dead) || (ready && ready()); }, until);
  if (self != nullptr && self->dead && std::uncaught_exceptions() == 0) throw Death{};
}

void Host::pass(std::chrono::milliseconds time) {
  wait({}, fibers.time() + time);
}

void Host::write_to_disk(const fs::path& path) {
  if (std::exchange(write_fails_, false)) throw system_error("cannot write " + path.string(), EIO);
  if (disk_is_full()) throw system_error("cannot write " + path.string(), ENOSPC);
}

std::optional<Fault> Host::take_engine_fault() {
  return std::exchange(engine_fault_, std::nullopt);
}

bool Host::run_process(const std::function<void()>& body) {
  Process process;
  const auto before = process_of(fibers.current());
  processes_.push_back(&process);
  of_fiber_[fibers.current()] = &process;
  bool lives = true;
  try {
    body();
  } catch (const Death&) {
    lives = false;
  } catch (...) {
    std::erase(processes_, &process);
    of_fiber_[fibers.current()] = before;
    throw;
  }
  std::erase(processes_, &process);
  of_fiber_[fibers.current()] = before;
  return lives;
}

void Host::heal() {
  disk_full_until_ = {};
  write_fails_ = false;
  engine_fault_.reset();
  if (away_until_ > fibers.time()) fibers.wait({}, away_until_);
  if (std::exchange(power_cut_, false)) reboot();
}

void Host::reboot() {
  engine.go_down();
  engine.come_up();
}

}  // namespace belay::sim
