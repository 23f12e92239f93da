#include "steps/after_start.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/either_stop.hpp"
#include "base/error.hpp"
#include "steps/readiness.hpp"

namespace belay {

namespace {

/// Compose waits for ever.
constexpr auto longest_command = std::chrono::minutes(30);
constexpr auto longest_on_the_way_back = std::chrono::minutes(1);

struct Run {
  StepName step;
  std::string container_id, container_name;
  std::stop_token stop;
  Deadline deadline;
};

void run_one(const Context& context, const Run& run, const ContainerCommand& command) {
  std::string last_line;
  const auto sink = [&](const std::string& line) {
    last_line = line;
    context.ledger.output(run.step, line);
  };
  const int code = context.engine.exec(run.container_id, command, sink, run.stop, run.deadline);
  if (code == 0) return;
  throw Error(fmt::format("post_start of {} failed: {}", run.container_name, fmt::join(command.words, " ")),
              fmt::format("it ended with exit code {}{}", code, last_line.empty() ? "" : ": " + last_line),
              "run it by hand in the container: docker compose exec");
}

}  // namespace

void run_after_start(Context& context, StepName step, const ReleasedService& service,
                     const docker::Container& candidate) {
  if (service.after_start.empty()) return;
  const EitherStop either(context.stop, context.watch->died());
  const Run run{step, candidate.id, candidate.name, either.token(), Deadline::in(longest_command)};
  try {
    for (const auto& command : service.after_start) run_one(context, run, command);
  } catch (const Error& error) {
    throw_if_candidate_died(context);  // then that is why
    const auto inspection = context.engine.inspect(candidate.id);
    if (!inspection || inspection->container.running()) throw failure_of(context, candidate.id, error);
    throw failure_of(
        context, candidate.id,
        Error(fmt::format("{} ended before its post_start did", candidate.name),
              fmt::format("exited with code {}", inspection->exit_code), "its last log lines may say why"));
  }
}

void run_after_start_again(const Context& context, StepName step, const std::string& release_id,
                           const std::vector<PreviousContainer>& started, std::optional<Error>& trouble) {
  if (started.empty()) return;
  std::optional<Release> release;
  try {
    release = context.store.find(release_id);
  } catch (const Error& unreadable) {
    trouble = unreadable;
  }
  if (!release) return;
  for (const auto& container : started) {
    const auto service = std::ranges::find(release->services, container.service, &ReleasedService::name);
    if (service == release->services.end()) continue;
    const Run run{step, container.id, container.name, {}, Deadline::in(longest_on_the_way_back)};
    try {
      for (const auto& command : service->after_start) run_one(context, run, command);
    } catch (const Error& error) {
      trouble = error;
    }
  }
}

}  // namespace belay
