#include "saga/executor.hpp"

#include <cstdlib>

#include <unistd.h>

#include "base/files.hpp"
#include "base/process.hpp"
#include "drivers/docker_logins.hpp"
#include "model/json_archive.hpp"
#include "model/secrets.hpp"
#include "saga/journal.hpp"
#include "saga/recovery.hpp"
#include "saga/run.hpp"
#include "saga/run_ledger.hpp"
#include "saga/saga.hpp"
#include "saga/unfinished_writes.hpp"

namespace belay {

namespace {

/// The plan as the journal has it, with the texts which the journal has not.
Plan with_secrets(Plan plan, const fs::path& secrets) {
  if (const auto text = read_file_if_exists(secrets))
    give_secrets(plan.environment, json_archive::parse_object(*text, secrets.string()));
  return plan;
}

/// The step or undo that is running, or that ran last.
StepName step_at_work(const Journal& journal, const Plan& plan) {
  auto step = plan.steps.empty() ? StepName::preflight : plan.steps.front();
  for (const auto& record : journal.records()) {
    if (const auto* began = std::get_if<event::StepBegan>(&record.event)) step = began->step;
    if (const auto* undo = std::get_if<event::UndoBegan>(&record.event)) step = undo->step;
  }
  return step;
}

/// Who watches the run reads that Docker is waited for, and so does who typed a recovery or reads the log.
docker::Patience patience_of(const Journal& journal, RunLedger& ledger, const Plan& plan,
                             std::stop_token until) {
  return {.until = std::move(until), .say = [&](const std::string& line) {
            static_cast<void>(try_write_all(STDERR_FILENO, iso8601(now()) + " " + line + "\n"));
            ledger.output(step_at_work(journal, plan), line);
          }};
}

}  // namespace

void run_to_the_end(const Layout& layout, const std::string& run, const Hearing& hearing,
                    const std::optional<std::string>& recovering_as, std::vector<RegistryLogin> logins,
                    Values variables) {
  auto journal = Journal::open(layout.journal(run), recovering_as ? "recovery" : "executor");
  const auto state = run_state(journal.records());
  if (!state) {  // it died before its opening was written: nothing was done
    remove_tree(layout.run(run));
    return;
  }
  if (state->closed && state->closed->unfinished.empty()) return;
  const auto& opened = state->opened;
  journal.hide(masks_of(opened.plan.environment, variables));
  if (recovering_as) {
    kill_processes_with(run_variable, opened.nonce);
    if (auto decided = decided_by_second_witness(layout, journal.records()))
      journal.try_append(std::move(*decided));
  }
  // Before any thread: every child inherits it.
  ::setenv(run_variable, opened.nonce.c_str(), 1);

  // Of a run before this process too: nobody is left who needs them.
  const auto docker_config = layout.run(run) / "docker";
  remove_tree(docker_config);
  std::optional<docker::Logins> held;
  if (!logins.empty()) {
    held.emplace(docker_config, docker::own_config_directory(), logins);
    ::setenv("DOCKER_CONFIG", docker_config.c_str(), 1);
  }

  std::stop_source cancel;
  const auto controller = recovering_as ? nullptr : hearing(opened.nonce, cancel);
  RunLedger ledger(journal, controller.get());
  const Plan plan = with_secrets(opened.plan, layout.secrets(run));
  Context context{.plan = plan,
                  .release = opened.plan.release,
                  .nonce = opened.nonce,
                  .previous = state->previous,
                  .began = journal.records().front().at,
                  .layout = layout,
                  .store = ReleaseStore(layout),
                  .engine = docker::Engine::connect(patience_of(
                      journal, ledger, plan, recovering_as ? std::stop_token{} : cancel.get_token())),
                  .ledger = ledger,
                  .cancel = cancel,
                  .stop = cancel.get_token(),
                  .run = run,
                  .logins = std::move(logins),
                  .variables = std::move(variables)};
  const auto closed = recovering_as ? recover(context, journal, *recovering_as) : execute(context, journal);
  held.reset();
  if (closed.unfinished.empty()) remove_tree(layout.kept_bodies(run));
  // Nothing follows the last record: who dies after it leaves nothing behind.
  remove_tree(layout.run(run) / "control.sock");
  if (closed.unfinished.empty()) remove_tree(layout.secrets(run));
  if (recovering_as) remove_unfinished_writes(layout, context.environment());
  journal.append(closed);
}

}  // namespace belay
