#include "saga/journal.hpp"

#include <algorithm>
#include <new>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/fault_point.hpp"
#include "base/files.hpp"
#include "saga/room_to_tell.hpp"

namespace belay {

namespace {

/// What a deployment's way back writes is some 20 KiB.
constexpr std::uint64_t reserved_ahead = 256 * 1024;
constexpr auto make_room = "make room on that disk: belay needs a little to undo the run";

/// Records that recovery can do without: they only tell.
bool only_tells(const Event& event) {
  return std::holds_alternative<event::Output>(event) || std::holds_alternative<event::Progressed>(event);
}

/// The step whose end this record says.
std::optional<StepName> ended_step(const Event& event) {
  if (const auto* done = std::get_if<event::StepDone>(&event)) return done->step;
  if (const auto* failed = std::get_if<event::StepFailed>(&event)) return failed->step;
  if (const auto* undone = std::get_if<event::UndoDone>(&event)) return undone->step;
  if (const auto* not_undone = std::get_if<event::UndoFailed>(&event)) return not_undone->step;
  return std::nullopt;
}

DecodedJournal undamaged(const fs::path& path, std::string_view content) {
  auto decoded = decode_journal(content);
  if (decoded.damaged_line == 0) return decoded;
  const auto run = path.parent_path().string();
  throw Error(
      fmt::format("the journal {} is damaged in line {}", path.string(), decoded.damaged_line),
      "its checksum does not match, and intact records follow it. A process that dies does not leave that: "
      "the disk or an editor did. belay cannot know what this run did, so it undid nothing",
      fmt::format("put the file back from a backup; or see what runs (docker ps -a), start what is to "
                  "serve, and move {} out of the way: belay then treats this run as ended",
                  run),
      ExitCode::failed);
}

#ifdef BELAY_FAULT_POINTS
/// What a crash test calls this record: "step-began:create", "noted:create:previous", "committed".
std::string fault_point_of(const Record& record) {
  const auto json = record_to_json(record);
  std::string point(json.at("type").as_string());
  for (const auto* part : {"step", "key", "what"})
    if (const auto* value = json.if_contains(part)) point += ":" + std::string(value->as_string());
  return point;
}
#endif

}  // namespace

Journal::Journal(LogFile file, fs::path path, std::uint64_t length, std::vector<Record> records,
                 std::string role)
    : file_(std::move(file)), path_(std::move(path)), length_(length), role_(std::move(role)) {
  next_ = records.empty() ? 1 : records.back().number + 1;
  std::erase_if(records, [](const Record& record) { return only_tells(record.event); });
  records_ = std::move(records);
  reserve_room();
}

Journal::Journal(Journal&& other) noexcept
    : file_(std::move(other.file_)),
      path_(std::move(other.path_)),
      length_(other.length_),
      unfinished_(other.unfinished_),
      reserved_until_(other.reserved_until_),
      records_(std::move(other.records_)),
      next_(other.next_),
      role_(std::move(other.role_)),
      output_(std::move(other.output_)),
      mask_(std::move(other.mask_)) {}

Journal Journal::create(const fs::path& path) {
  return Journal(LogFile::create(path), path, 0, {}, "guard");
}

Journal Journal::open(const fs::path& path, std::string role) {
  const auto content = read_file(path);
  auto decoded = undamaged(path, content);
  auto file = LogFile::open(path);
  // Only if there is one: cutting also gives back the room that was reserved behind the end.
  if (const int reason = decoded.intact_bytes == content.size() ? 0 : file.cut(decoded.intact_bytes))
    throw system_error("cannot cut the torn tail of " + path.string(), reason);
  return Journal(std::move(file), path, decoded.intact_bytes, std::move(decoded.records), std::move(role));
}

std::vector<Record> Journal::read(const fs::path& path) {
  return undamaged(path, read_file(path)).records;
}

std::uint64_t Journal::append(Event event) {
  const std::scoped_lock lock(mutex_);
  event = mask_.masked(std::move(event));
  if (const auto step = ended_step(event)) write_output(output_.rest(*step));
  return append_locked(event);
}

bool Journal::try_append(Event event) {
  const std::scoped_lock lock(mutex_);
  // Caught here because what going back does is worth more than the record of it.
  try {
    event = mask_.masked(std::move(event));
    if (const auto step = ended_step(event)) write_output(output_.rest(*step));
    append_locked(event);
    return true;
  } catch (const std::exception&) {
    if (!only_tells(event)) records_.push_back(Record{next_, now(), std::move(event)});
    return false;
  }
}

void Journal::output(StepName step, const std::string& line) {
  const std::scoped_lock lock(mutex_);
  // Caught here because output only tells; here it is memory that may be short.
  try {
    const auto shown = mask_.output(step, line);
    if (output_.takes(step, shown)) write_output({{step, shown}});
  } catch (const std::bad_alloc&) {
    output_.lost(step);
  }
}

std::vector<Record> Journal::records() const {
  const std::scoped_lock lock(mutex_);
  return records_;
}

std::optional<Record> Journal::newest(const std::function<bool(const Record&)>& is) const {
  const std::scoped_lock lock(mutex_);
  const auto found = std::find_if(records_.rbegin(), records_.rend(), is);
  return found == records_.rend() ? std::nullopt : std::optional(*found);
}

std::uint64_t Journal::append_locked(const Event& event) {
  Record record{next_, now(), event};
  const bool tells = only_tells(event);
  write_line(encode_line(record), !tells);
  if (tells) return next_++;
#ifdef BELAY_FAULT_POINTS
  fault_point(role_, fault_point_of(record));
#endif
  if (const auto* closed = std::get_if<event::Closed>(&event); closed && closed->unfinished.empty())
    give_room_back();
  records_.push_back(std::move(record));
  return next_++;
}

/// Nothing follows the close. Best effort: fifty kept runs would hold some megabytes, and no harm is done.
void Journal::give_room_back() {
  static_cast<void>(file_.cut(length_));
}

/// Whole and, if asked for, on the disk; or an Error, and what the file had before.
void Journal::write_line(const std::string& line, bool durably) {
  cut_unfinished();
  unfinished_ = true;
  if (const int reason = file_.append(line)) {
    cut_unfinished();
    throw system_error("cannot write the journal " + path_.string(), reason, make_room);
  }
  if (const int reason = durably ? file_.sync() : 0) {
    cut_unfinished();
    throw system_error("cannot make the journal durable: " + path_.string(), reason, make_room);
  }
  unfinished_ = false;
  length_ += line.size();
  reserve_room();
}

/// Half a line before an intact one would be damage in the middle, and end what can be read.
void Journal::cut_unfinished() {
  if (!unfinished_) return;
  if (const int reason = file_.cut(length_))
    throw system_error("cannot cut an unfinished record off " + path_.string(), reason);
  unfinished_ = false;
  reserved_until_ = 0;  // cutting gave that room back
}

/// Keeps room ahead of the end, so that output does not use up what going back needs. Where the file system
/// cannot (ZFS, NFS), or the disk is full already, the journal goes on without: a record then needs room when
/// it is written. A file to be deleted at need would not do there: a copy-on-write system gives its room back
/// later, when it likes.
void Journal::reserve_room() {
  if (length_ + reserved_ahead / 2 <= reserved_until_) return;
  if (file_.reserve(length_, reserved_ahead)) reserved_until_ = length_ + reserved_ahead;
}

void Journal::write_output(const std::vector<event::Output>& lines) {
  for (const auto& line : lines) {
    // Caught here because output only tells: a step does not fail for want of it. What is lost is counted.
    try {
      if (has_room_to_tell(path_.parent_path())) {
        append_locked(line);
        continue;
      }
    } catch (const std::exception&) {
      // As without room.
    }
    output_.lost(line.step);
  }
}

}  // namespace belay
