#include "model/journal_record.hpp"

#include "model/json_archive.hpp"
#include "model/plan_json.hpp"

namespace belay {

constexpr auto enum_names(RunOutcome) {
  using enum RunOutcome;
  return std::to_array<std::pair<RunOutcome, std::string_view>>({{deployed, "deployed"},
                                                                 {rolled_back, "rolled-back"},
                                                                 {nothing_serves, "nothing-serves"},
                                                                 {left_in_place, "left-in-place"}});
}

std::string to_string(RunOutcome outcome) {
  return name_of(outcome);
}

ExitCode exit_code_of(const event::Closed& closed) {
  if (!closed.errors.empty()) return ExitCode::nothing_serves;
  switch (closed.outcome) {
    case RunOutcome::deployed:
      return closed.unfinished.empty() ? ExitCode::deployed : ExitCode::unfinished;
    case RunOutcome::rolled_back:
      return closed.unfinished.empty() ? ExitCode::failed : ExitCode::unfinished;
    case RunOutcome::nothing_serves:
    case RunOutcome::left_in_place:
      break;
  }
  return ExitCode::nothing_serves;
}

template <>
inline constexpr std::string_view tag_of<event::Opened> = "opened";
template <>
inline constexpr std::string_view tag_of<event::StepBegan> = "step-began";
template <>
inline constexpr std::string_view tag_of<event::StepDone> = "step-done";
template <>
inline constexpr std::string_view tag_of<event::Noted> = "noted";
template <>
inline constexpr std::string_view tag_of<event::Output> = "output";
template <>
inline constexpr std::string_view tag_of<event::Progressed> = "progressed";
template <>
inline constexpr std::string_view tag_of<event::Awaiting> = "awaiting";
template <>
inline constexpr std::string_view tag_of<event::Heard> = "heard";
template <>
inline constexpr std::string_view tag_of<event::StepFailed> = "step-failed";
template <>
inline constexpr std::string_view tag_of<event::Recovering> = "recovering";
template <>
inline constexpr std::string_view tag_of<event::UndoBegan> = "undo-began";
template <>
inline constexpr std::string_view tag_of<event::UndoDone> = "undo-done";
template <>
inline constexpr std::string_view tag_of<event::UndoFailed> = "undo-failed";
template <>
inline constexpr std::string_view tag_of<event::Committed> = "committed";
template <>
inline constexpr std::string_view tag_of<event::Closed> = "closed";

static void fields(auto& archive, Is<event::Opened> auto& opened) {
  archive.format(1);
  archive.required("run", opened.run);
  archive.required("nonce", opened.nonce);
  archive("previous", opened.previous);
  archive("belay_version", opened.belay_version);
  archive.required("plan", opened.plan);
}

static void fields(auto& archive, Is<event::StepBegan> auto& began) {
  archive.required("step", began.step);
}

static void fields(auto& archive, Is<event::StepDone> auto& done) {
  archive.required("step", done.step);
  archive("took", done.took);
  archive("summary", done.summary);
}

static void fields(auto& archive, Is<event::Noted> auto& noted) {
  archive.required("step", noted.step);
  archive.required("key", noted.key);
  archive("value", noted.value);
}

static void fields(auto& archive, Is<event::Output> auto& output) {
  archive.required("step", output.step);
  archive("line", output.line);
}

static void fields(auto& archive, Is<event::Progressed> auto& progressed) {
  archive.required("step", progressed.step);
  archive("done", progressed.done);
  archive("total", progressed.total);
  archive("unit", progressed.unit);
}

static void fields(auto& archive, Is<event::Awaiting> auto& awaiting) {
  archive.required("what", awaiting.what);
  archive("detail", awaiting.detail);
  archive("limit", awaiting.limit);
}

static void fields(auto& archive, Is<event::Heard> auto& heard) {
  archive.required("what", heard.what);
  archive.required("ok", heard.ok);
  archive("detail", heard.detail);
}

static void fields(auto& archive, Is<event::StepFailed> auto& failed) {
  archive.required("step", failed.step);
  archive("message", failed.message);
  archive("why", failed.why);
  archive("next", failed.next);
  archive("frames", failed.frames);
  archive("container_log", failed.container_log);
  archive("container", failed.container);
  archive("logs", failed.logs);
}

static void fields(auto& archive, Is<event::Recovering> auto& recovering) {
  archive("by", recovering.by);
}

static void fields(auto& archive, Is<event::UndoBegan> auto& began) {
  archive.required("step", began.step);
}

static void fields(auto& archive, Is<event::UndoDone> auto& done) {
  archive.required("step", done.step);
  archive("summary", done.summary);
  archive("stays", done.stays);
}

static void fields(auto& archive, Is<event::UndoFailed> auto& failed) {
  archive.required("step", failed.step);
  archive("message", failed.message);
  archive("why", failed.why);
}

static void fields(auto& archive, Is<event::Committed> auto& committed) {
  archive.required("release", committed.release);
}

static void fields(auto& archive, Is<event::Closed> auto& closed) {
  archive.required("outcome", closed.outcome);
  archive("serving", closed.serving);
  archive("checked", closed.checked);
  archive("backup", closed.backup);
  archive("message", closed.message);
  archive("started_again", closed.started_again);
  archive("errors", closed.errors);
  archive("unfinished", closed.unfinished);
}

std::string type_of(const Event& event) {
  return std::string(tag_in(event));
}

boost::json::object record_to_json(const Record& record) {
  boost::json::object object;
  JsonWriter writer(object);
  writer("n", record.number);
  writer("at", record.at);
  write_tagged(object, record.event);
  return object;
}

std::optional<Record> record_from_json(const boost::json::object& from) {
  auto event = read_tagged<Event>(from, "journal record");
  if (!event) return std::nullopt;
  Record record{.event = std::move(*event)};
  JsonReader reader(from, "journal record");
  reader.required("n", record.number);
  reader("at", record.at);
  return record;
}

}  // namespace belay
