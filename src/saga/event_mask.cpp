#include "saga/event_mask.hpp"

#include "base/line_splitter.hpp"
#include "model/notes.hpp"

namespace belay {

namespace {

struct Masking {
  const Masks& masks;

  void operator()(event::StepDone& event) const { hide(event.summary); }
  void operator()(event::Noted& event) const {
    if (note_in<notes::HealthFinding>(event)) event.value = masks.masked_json(event.value);
  }
  void operator()(event::Output& event) const { hide(event.line); }
  void operator()(event::Heard& event) const { hide(event.detail); }
  void operator()(event::StepFailed& event) const {
    for (auto* text : {&event.message, &event.why, &event.next}) hide(*text);
    event.frames = masks.masked_lines(event.frames);
    event.container_log = masks.masked_lines(event.container_log);
  }
  void operator()(event::UndoDone& event) const { hide(event.summary); }
  void operator()(event::UndoFailed& event) const {
    for (auto* text : {&event.message, &event.why}) hide(*text);
  }
  void operator()(event::Closed& event) const {
    for (auto* text : {&event.checked, &event.message, &event.unfinished}) hide(*text);
  }
  // These hold names, numbers, paths and the plan, which has no values.
  void operator()(event::Opened&) const {}
  void operator()(event::StepBegan&) const {}
  void operator()(event::Progressed&) const {}
  void operator()(event::Awaiting&) const {}
  void operator()(event::Recovering&) const {}
  void operator()(event::UndoBegan&) const {}
  void operator()(event::Committed&) const {}

  void hide(std::string& text) const { text = masks.masked(text); }
};

}  // namespace

Event EventMask::masked(Event event) const {
  if (!masks_.empty()) std::visit(Masking{masks_}, event);
  return event;
}

std::string EventMask::output(StepName step, const std::string& line) {
  if (masks_.empty()) return line;
  auto& held = held_[step];
  Masks::Stream stream(masks_, std::exchange(held, {}));
  auto text = stream.feed(line);
  if (line.size() < longest_line_piece) return text + stream.finish();
  held = stream.held();
  return text;
}

}  // namespace belay
