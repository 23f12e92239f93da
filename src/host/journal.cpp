#include "host/journal.hpp"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fault_point.hpp"
#include "base/files.hpp"

namespace belay {

namespace {

/// Records that recovery can do without: they only tell.
bool only_tells(const Event& event) {
  return std::holds_alternative<event::Output>(event) || std::holds_alternative<event::Progressed>(event);
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

Journal::Journal(Fd file, fs::path path, std::vector<Record> records, std::string role)
    : file_(std::move(file)), path_(std::move(path)), role_(std::move(role)) {
  next_ = records.empty() ? 1 : records.back().number + 1;
  std::erase_if(records, [](const Record& record) { return only_tells(record.event); });
  records_ = std::move(records);
}

Journal::Journal(Journal&& other) noexcept
    : file_(std::move(other.file_)),
      path_(std::move(other.path_)),
      records_(std::move(other.records_)),
      next_(other.next_),
      role_(std::move(other.role_)) {}

Journal Journal::create(const fs::path& path) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
  if (!file) throw system_error("cannot create the journal " + path.string(), errno);
  fsync_directory(path.parent_path());
  return Journal(std::move(file), path, {}, "guard");
}

Journal Journal::open(const fs::path& path, std::string role) {
  auto decoded = decode_journal(read_file(path));
  Fd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file) throw system_error("cannot open the journal " + path.string(), errno);
  if (::ftruncate(file.get(), static_cast<off_t>(decoded.intact_bytes)) != 0)
    throw system_error("cannot cut the torn tail of " + path.string(), errno);
  return Journal(std::move(file), path, std::move(decoded.records), std::move(role));
}

std::vector<Record> Journal::read(const fs::path& path) {
  return decode_journal(read_file(path)).records;
}

std::uint64_t Journal::append(Event event) {
  const bool tells = only_tells(event);
  const std::scoped_lock lock(mutex_);
  Record record{next_, now(), std::move(event)};
  write_all(file_.get(), encode_line(record));
  if (tells) return next_++;
  if (::fdatasync(file_.get()) != 0)
    throw system_error("cannot make the journal durable: " + path_.string(), errno);
#ifdef BELAY_FAULT_POINTS
  fault_point(role_, fault_point_of(record));
#endif
  records_.push_back(std::move(record));
  return next_++;
}

std::vector<Record> Journal::records() const {
  const std::scoped_lock lock(mutex_);
  return records_;
}

}  // namespace belay
