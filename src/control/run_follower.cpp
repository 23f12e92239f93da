#include "control/run_follower.hpp"

#include <fmt/core.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/human.hpp"
#include "control/confirmation.hpp"
#include "control/hook_here.hpp"
#include "control/shipped_times.hpp"
#include "drivers/git.hpp"
#include "drivers/rsync.hpp"
#include "model/secrets.hpp"

namespace belay {

namespace {

using namespace std::chrono_literals;

/// While old records are read again, an errand among them may be done long since; after so long without a
/// record it is not.
constexpr auto quiet = 200ms;
constexpr auto reconnect_for = 60s;
/// A line that held for so long was a good one: its loss is a new one.
constexpr auto held_long = 10s;

Deadline limit_of(const event::Awaiting& awaited) {
  return awaited.limit > 0ms ? Deadline::in(awaited.limit) : Deadline::never();
}

std::string see_it(const EnvironmentConfig& environment) {
  return fmt::format(
      "The host goes on by itself: it finishes the run or undoes it. See it with: belay attach {}",
      environment.name);
}

}  // namespace

RunFollower::RunFollower(Session& session, const EnvironmentConfig& environment, Watcher& watcher, Part part)
    : session_(session),
      environment_(environment),
      watcher_(watcher),
      part_(std::move(part)),
      behind_(!part_.starts_it) {}

Ending RunFollower::follow(std::stop_token stop) {
  while (!closed_) {
    const bool errand_may_begin = awaited_ && !errand_ && behind_;
    const Received received = session_.receive(stop_seen_ ? std::stop_token{} : stop,
                                               errand_may_begin ? Deadline::in(quiet) : Deadline::never());
    switch (received.end) {
      case Received::End::message:
        take(*received.message);
        break;
      case Received::End::deadline:
        behind_ = false;
        begin_errand();
        break;
      case Received::End::stopped:
        on_stop();
        break;
      case Received::End::dead:
        resume(stop_seen_ ? std::stop_token{} : stop);
        break;
    }
  }
  end_errand();
  return std::move(ending_);
}

void RunFollower::take(const wire::ToController& message) {
  if (const auto* const held = std::get_if<wire::Held>(&message)) return take(*held);
  if (const auto* const arrived = std::get_if<wire::JournalRecord>(&message)) return take(arrived->record);
  if (const auto* const started = std::get_if<wire::Started>(&message)) {
    waiting_ = false;
    if (part_.starts_it) watcher_.goes_on_alone(true);
    ending_.run = started->run;
  } else if (const auto* const failure = std::get_if<wire::Failure>(&message)) {
    throw Error(failure->message, failure->why, failure->next, ExitCode{failure->exit_code});
  }
}

void RunFollower::take(const wire::Held& held) {
  tell([&] { watcher_.held(held); });
  if (!held.waiting)
    throw Error(fmt::format("another deployment holds {}: {}, since {}", environment_.name, held.by,
                            iso8601(held.since)),
                held.run.empty() ? "" : "run " + held.run,
                fmt::format("wait for it with --wait, or watch it with: belay attach {}", environment_.name),
                ExitCode::busy);
  waiting_ = true;
  watcher_.goes_on_alone(false);
  if (stop_seen_) on_stop();
}

void RunFollower::take(const Record& record) {
  if (record.number <= last_) return;  // sent again after the line was taken up
  last_ = record.number;
  tell([&] { watcher_.record(record); });
  ending_.records.push_back(record);
  note(record.event);
}

void RunFollower::note(const Event& what) {
  if (const auto* const opened = std::get_if<event::Opened>(&what)) {
    nonce_ = opened->nonce;
    if (stop_seen_) cancel();
  } else if (const auto* const noted = std::get_if<event::Noted>(&what)) {
    if (const auto link = note_in<notes::LinkDestination>(*noted)) link_destination_ = link->value;
    if (auto linked = note_in<notes::LinkedTree>(*noted)) linked_ = std::move(linked->value);
  } else if (const auto* const awaiting = std::get_if<event::Awaiting>(&what)) {
    end_errand();
    awaited_ = *awaiting;
    if (!behind_) begin_errand();
  } else if (std::holds_alternative<event::Heard>(what) || std::holds_alternative<event::StepFailed>(what) ||
             std::holds_alternative<event::Recovering>(what) ||
             std::holds_alternative<event::UndoBegan>(what)) {
    end_errand();
  } else if (const auto* const closed = std::get_if<event::Closed>(&what)) {
    ending_.closed = *closed;
    closed_ = true;
  }
}

/// After a stop the host asks for nothing that the undo needs, but for the hooks of a failure.
void RunFollower::begin_errand() {
  if (!awaited_ || errand_ || (stop_seen_ && !is_errand_of_hook(awaited_->what))) return;
  if (told_) return session_.send(*told_);  // done before the line died; the host may not have heard it
  const event::Awaiting awaited = *awaited_;
  const wire::Tell answer{.nonce = nonce_, .what = awaited.what, .ok = false, .detail = {}};
  if (is_errand_of_source(awaited.what) && part_.source) {
    errand_ = std::make_unique<Errand>(
        session_, answer, [this, awaited](std::stop_token stop) { return send_source(awaited, stop); });
  } else if (awaited.what.starts_with("images") && part_.source) {
    if (!images_) images_.emplace(environment_, part_.source->directory(), build_watched());
    errand_ = std::make_unique<Errand>(
        session_, answer, [this, awaited](std::stop_token stop) { return send_images(awaited, stop); });
  } else if (awaited.what == "committed") {
    errand_ = std::make_unique<Errand>(session_, answer, [this, awaited](std::stop_token stop) {
      return tell_what_was_committed(awaited, stop);
    });
  } else if (const auto hook =
                 part_.starts_it ? hook_of_errand(environment_.hooks, awaited.what) : std::nullopt) {
    errand_ = std::make_unique<Errand>(session_, answer, [this, hook = *hook, awaited](std::stop_token stop) {
      return run_hook(hook, awaited, stop);
    });
  } else if (awaited.what.starts_with("confirmation") && may_confirm(awaited.detail)) {
    errand_ = std::make_unique<Errand>(
        session_, answer, [this, awaited](std::stop_token stop) { return confirm(awaited, stop); });
  } else {
    // Not refused: a refusal would end the run of somebody else, who may come back.
    session_.send(wire::Unable{.nonce = nonce_, .what = awaited.what});
    tell([&] {
      watcher_.notice("the host waits for the " + awaited.what + " from the belay that began this run");
    });
    awaited_.reset();
  }
}

/// Who attaches may have another belay.yml than who began the run.
bool RunFollower::may_confirm(const std::string& url) const {
  return part_.starts_it || check_to_confirm(environment_, url);
}

void RunFollower::end_errand() {
  awaited_.reset();
  told_.reset();
  if (errand_) errand_->stopped();
  errand_.reset();
}

/// With the answer, where the host has linked a tree that is remembered and little has changed since: rsync's
/// start alone takes several round trips.
Errand::Result RunFollower::send_source(const event::Awaiting& awaited, std::stop_token stop) {
  auto change =
      awaited.what == errand_of_source_by_rsync ? std::nullopt : part_.source->change_from(linked_.mark);
  if (!change) return send_by_rsync(awaited, std::move(stop));
  ShippedTimes(part_.source->times_memory()).note_links(environment_.host.shown, awaited.detail);
  part_.source->remember();
  return {.ok = true,
          .detail = fmt::format("{} files, {}; {} files, {} sent with the answer", change->files,
                                human_bytes(change->bytes_total), change->files_sent,
                                human_bytes(change->packed.size())),
          .change = std::move(change->packed)};
}

Errand::Result RunFollower::send_by_rsync(const event::Awaiting& awaited, std::stop_token stop) {
  rsync::Request request{.from = part_.source->directory(),
                         .to = session_.rsync_target(awaited.detail),
                         .exclude = environment_.sync.exclude,
                         .link_destination = link_destination_,
                         .holds_links = !linked_.release.empty(),
                         .remove_extraneous = false,
                         .remote_shell = session_.remote_shell()};
  const ShippedTimes times(part_.source->times_memory());
  times.choose(request, environment_.host.shown, awaited.detail);
  const rsync::Transfer sent =
      rsync::transfer(request, progress_of(StepName::sync), std::move(stop), limit_of(awaited));
  times.note(request, environment_.host.shown, awaited.detail);
  part_.source->remember();
  return {.ok = true,
          .detail = fmt::format("{} files, {}; {} files, {} sent", sent.files, human_bytes(sent.bytes_total),
                                sent.files_sent, human_bytes(sent.bytes_sent))};
}

/// rsync tells it for each file.
rsync::ProgressSink RunFollower::progress_of(StepName step) {
  return [this, step, told = -1](std::uint64_t bytes, int percent) mutable {
    if (std::exchange(told, percent) != percent) tell([&] { watcher_.transferring(step, bytes, percent); });
  };
}

BuildHere::Watched RunFollower::build_watched() {
  return {.line = [this](const std::string& line) { tell([&] { watcher_.build_said(line); }); },
          .progress = progress_of(StepName::build)};
}

Errand::Result RunFollower::send_images(const event::Awaiting& awaited, std::stop_token stop) {
  const bool all_layers = awaited.what != "images";
  return {.ok = true,
          .detail = images_->send(session_, awaited.detail, all_layers, std::move(stop), limit_of(awaited))};
}

Errand::Result RunFollower::tell_what_was_committed(const event::Awaiting& awaited, std::stop_token stop) {
  if (!part_.repository) return {.ok = true, .detail = {}};
  return {.ok = true, .detail = git::known_blobs(*part_.repository, awaited.detail, std::move(stop))};
}

Errand::Result RunFollower::confirm(const event::Awaiting& awaited, std::stop_token stop) {
  const auto on_attempt = [&](int attempt, int attempts, const std::string& finding) {
    tell([&] { watcher_.asked_from_here(attempt, attempts, finding); });
  };
  const auto check = check_to_confirm(environment_, awaited.detail);
  if (!check)
    throw Error("the host wants " + awaited.detail + " asked, which is no health URL of this belay.yml",
                "belay asks only the URLs that are written there",
                "see on the host who changed the deployment's plan");
  const Confirmation found =
      confirm_from_here(*check, on_attempt, std::move(stop), limit_of(awaited), environment_.variables,
                        masks_of(environment_, environment_.variables));
  return {.ok = found.ok, .detail = found.detail};
}

Errand::Result RunFollower::run_hook(const Hook& hook, const event::Awaiting& awaited, std::stop_token stop) {
  auto failure = run_hook_here(
      hook, environment_, part_.directory, hook_environment_from_text(awaited.detail),
      [&](const std::string& line) { tell([&] { watcher_.hook_said(step_of_hooks(hook.at), line); }); },
      std::move(stop));
  return {.ok = failure.empty(), .detail = std::move(failure)};
}

void RunFollower::on_stop() {
  stop_seen_ = true;
  if (!part_.starts_it)
    throw Error("stopped watching " + environment_.name, {}, ending_.run.empty() ? "" : see_it(environment_));
  if (waiting_)
    throw Error("stopped waiting for the deployment that holds " + environment_.name, "nothing was begun", {},
                ExitCode::busy);
  // Before the run has said its name there is nothing to be cancelled; it is done when that arrives.
  if (!nonce_.empty()) cancel();
}

void RunFollower::cancel() {
  tell([&] { watcher_.notice("stopping: the host undoes the run"); });
  end_errand();
  session_.send(wire::Cancel{.nonce = nonce_});
  cancel_sent_ = true;
}

void RunFollower::resume(const std::stop_token& stop) {
  if (errand_) {
    const auto told = errand_->stopped();
    if (told && told->ok) told_ = told;  // a failure may be the line's own; it is tried again
    errand_.reset();
  }
  const bool was_good = SteadyClock::now() - connected_at_ >= held_long;
  if (was_good || give_up_.left() > reconnect_for) give_up_ = Deadline::in(reconnect_for);
  connect_again(stop);
  connected_at_ = SteadyClock::now();
  behind_ = true;
  session_.send(wire::Attach{.run = ending_.run, .from = last_ + 1});
  if (cancel_sent_) session_.send(wire::Cancel{.nonce = nonce_});
}

void RunFollower::connect_again(const std::stop_token& stop) {
  std::string why = session_.why_dead();
  const std::string lost = "lost the connection to " + environment_.host.shown;
  if (ending_.run.empty())
    throw Error(lost + " before the host said whether it had begun", why,
                fmt::format("see what the host does: belay status {}, belay attach {}", environment_.name,
                            environment_.name));
  for (int attempt = 1; !stop.stop_requested(); ++attempt) {
    tell([&] { watcher_.reconnecting(attempt, why); });
    // Caught because this is the connection's loop: a failed attempt is followed by the next.
    try {
      return session_.reconnect(watcher_, stop);
    } catch (const Error& error) {
      why = error.message() + (error.why().empty() ? "" : "\n" + error.why());
    }
    if (give_up_.expired()) break;
    pause(std::min<std::chrono::milliseconds>(5s, attempt * 500ms), stop);
  }
  throw Error(lost, why, see_it(environment_));
}

}  // namespace belay
