#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include <boost/json/value.hpp>

#include "model/notes.hpp"

namespace belay {

/// What the controller answered. The journal keeps what was heard, and nothing of the source.
struct ControllerReply : event::Heard {
  std::optional<std::string> change{};  // wire::Tell::change
};

/// A step's door to the journal and to the controller. The host room implements it; steps know no file and no
/// socket.
class Ledger {
 public:
  virtual ~Ledger() = default;

  /// Durable when it returns: call it before the act that `value` is needed to undo or finish.
  virtual void note(StepName, const std::string& key, boost::json::value value) = 0;
  /// What was noted last under this key, in this process or in one that died.
  virtual std::optional<boost::json::value> noted(StepName, const std::string& key) const = 0;
  /// Whether the step reported a good end.
  virtual bool done(StepName) const = 0;
  /// Whether it reported any end, good or bad: if not, its process was killed in the middle of it.
  virtual bool ended(StepName) const = 0;

  /// Whether the run was closed before, with something unfinished, and is taken up again: people may have
  /// started and stopped containers since.
  virtual bool taken_up_again() const = 0;

  /// From here on a note that cannot be written (a full disk) is kept by this process alone, and keeps
  /// nothing from being done: what is done is worth more than the record of it.
  virtual void acts_come_first() = 0;

  virtual void output(StepName, const std::string& line) = 0;
  virtual void progress(StepName, std::int64_t done, std::int64_t total, const std::string& unit) = 0;

  /// What somebody said who asked for this since the last time: "promote". Empty: nobody asked.
  virtual std::optional<std::string> asked_for(const std::string& what) = 0;

  /// Asks the controller for something and waits for its answer. `what` = "nobody" in the answer: there is no
  /// controller (any more), or it did not answer within `limit`.
  virtual ControllerReply ask_controller(const std::string& what, const std::string& detail,
                                         std::chrono::milliseconds limit, std::stop_token) = 0;
};

/// Ledger::note of a note that has a type.
template <Note N>
void note(Ledger& ledger, StepName step, const N& note) {
  auto event = noted_event(step, note);
  ledger.note(step, event.key, std::move(event.value));
}
template <NoteOfOneStep N>
void note(Ledger& ledger, const N& one) {
  note(ledger, N::steps.front(), one);
}

/// What was noted last; empty: nothing. Throws Error if the journal has a value of another type there.
template <Note N>
std::optional<N> noted(const Ledger& ledger, StepName step) {
  auto value = ledger.noted(step, std::string(N::key));
  if (!value) return std::nullopt;
  return note_in<N>({.step = step, .key = std::string(N::key), .value = std::move(*value)}, step);
}
template <NoteOfOneStep N>
std::optional<N> noted(const Ledger& ledger) {
  return noted<N>(ledger, N::steps.front());
}

}  // namespace belay
