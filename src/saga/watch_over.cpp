#include "saga/watch_over.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/core.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/deadline.hpp"
#include "base/fd.hpp"
#include "base/forked.hpp"
#include "base/time.hpp"
#include "saga/executor.hpp"
#include "saga/holder.hpp"
#include "saga/run.hpp"

namespace belay {

namespace {

/// A recovery that fails for another reason than Docker's absence, which it waits out itself, and what a run
/// left unfinished, is tried again for about ten minutes: a disk may be cleared meanwhile.
constexpr auto first_pause = std::chrono::seconds(1);
constexpr auto longest_pause = std::chrono::seconds(60);
constexpr auto trying_time = std::chrono::minutes(10);

void log_line(const std::string& line) {
  // On a full disk there is no log, and the recovery all the same.
  static_cast<void>(try_write_all(STDERR_FILENO, iso8601(now()) + " " + line + "\n"));
}

/// Runs the executor as a forked child, which shares the lock; whether it came to its own end.
bool run_in_child(const Layout& layout, OpenedRun& opened, const std::optional<std::string>& recovering_as,
                  const std::function<void()>& on_executor = {}) {
  const auto end = run_forked(
      [&] {
        run_to_the_end(layout, opened.run, opened.hearing, recovering_as, opened.logins, opened.variables);
      },
      on_executor);
  if (!end.well) log_line(opened.masks.masked(end.why));
  return end.well;
}

/// What could not be recovered, settled or undone. Between the tries nobody holds the lock: no deployment
/// waits for it, and one that begins tries first.
void try_again(const Layout& layout, OpenedRun& opened) {
  const auto& run = opened.run;
  const auto limit = Deadline::in(trying_time);
  for (auto time = first_pause; open_run(layout) == run && !limit.expired();
       time = std::min(longest_pause, time * 2)) {
    pause(time);
    const auto lock = acquired_unless_held(layout);
    if (!lock || open_run(layout) != run) continue;
    write_holder(*lock, {.user = "belay", .machine = "this host, which finishes what run " + run + " left"},
                 run);
    run_in_child(layout, opened, "guard");
  }
  if (open_run(layout) == run)
    log_line("not finished; the next command on this environment, or a boot, tries again");
}

}  // namespace

void watch_over(const Layout& layout, OpenedRun& opened, FileLock lock,
                const std::function<void()>& on_executor) {
  {
    const auto held = std::move(lock);
    if (!run_in_child(layout, opened, std::nullopt, on_executor)) {
      log_line("the executor died: going on with its journal");
      run_in_child(layout, opened, "guard");
    }
  }
  try_again(layout, opened);
}

}  // namespace belay
