#include "saga/run_ledger.hpp"

#include <ranges>

#include "saga/run.hpp"

namespace belay {

namespace {
/// How long a controller may be away in the middle of a deployment before the host goes on without it.
constexpr auto patience_with_controller = std::chrono::seconds(15);
}  // namespace

void RunLedger::note(StepName step, const std::string& key, boost::json::value value) {
  append(event::Noted{step, key, std::move(value)});
}

std::optional<boost::json::value> RunLedger::noted(StepName step, const std::string& key) const {
  auto found = journal_.newest([&](const Record& record) {
    const auto* noted = std::get_if<event::Noted>(&record.event);
    return noted != nullptr && noted->step == step && noted->key == key;
  });
  if (!found) return std::nullopt;
  return std::move(std::get<event::Noted>(found->event).value);
}

bool RunLedger::done(StepName step) const {
  return journal_
      .newest([&](const Record& record) {
        const auto* done = std::get_if<event::StepDone>(&record.event);
        return done != nullptr && done->step == step;
      })
      .has_value();
}

bool RunLedger::ended(StepName step) const {
  for (const auto& record : journal_.records())
    if (const auto* failed = std::get_if<event::StepFailed>(&record.event);
        failed != nullptr && failed->step == step)
      return true;
  return done(step);
}

bool RunLedger::taken_up_again() const {
  const auto state = run_state(journal_.records());
  return state && (state->closed_before || state->closed);
}

void RunLedger::output(StepName step, const std::string& line) {
  journal_.output(step, line);
}

void RunLedger::progress(StepName step, std::int64_t done, std::int64_t total, const std::string& unit) {
  // For people alone: a full disk is no reason to fail a step over it.
  journal_.try_append(event::Progressed{step, done, total, unit});
}

std::optional<std::string> RunLedger::asked_for(const std::string& what) {
  return controller_ == nullptr ? std::nullopt : controller_->take(what);
}

ControllerReply RunLedger::ask_controller(const std::string& what, const std::string& detail,
                                          std::chrono::milliseconds limit, std::stop_token stop) {
  event::Heard heard{.what = "nobody", .ok = false, .detail = "no controller is connected"};
  std::optional<std::string> change;
  // The record is the question: a controller that reads it begins to work. So where no answer can be heard,
  // there is no record.
  if (controller_ == nullptr) {
    heard.detail = "belay's process on the host died, and the one in its place cannot ask a controller";
    return {heard};
  }
  if (!append(event::Awaiting{what, detail, limit})) {
    heard.detail = "the question could not be written to the journal";
    return {heard};
  }
  if (auto tell = controller_->wait_for(what, limit, patience_with_controller, stop)) {
    heard = {.what = what, .ok = tell->ok, .detail = tell->detail};
    change = std::move(tell->change);
  } else if (stop.stop_requested()) {
    heard.detail = "cancelled";
  }
  append(heard);
  return {heard, std::move(change)};
}

bool RunLedger::append(Event event) {
  if (acts_come_first_) return journal_.try_append(std::move(event));
  journal_.append(std::move(event));
  return true;
}

}  // namespace belay
