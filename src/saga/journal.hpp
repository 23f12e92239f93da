#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "model/journal_record.hpp"
#include "saga/bounded_output.hpp"
#include "saga/event_mask.hpp"
#include "saga/log_file.hpp"

namespace belay {

/// The append-only journal of one run (docs/journal.md): truth for recovery, live view, history. A record
/// that matters to recovery is on the disk when append returns; output and progress follow without a sync of
/// their own. Room for the records of going back is reserved ahead of the end, where the file system can do
/// that: a full disk does not take it.
class Journal {
 public:
  /// A new file; the directory is synced too. Throws Error if it exists.
  static Journal create(const std::filesystem::path&);
  /// An existing one, to go on with: a torn tail is cut off first. `role` names the process to fault points.
  /// Throws Error, and changes nothing, if a line is damaged that intact ones follow.
  static Journal open(const std::filesystem::path&, std::string role);
  /// What it holds, without opening it for writing. Throws the same Error.
  static std::vector<Record> read(const std::filesystem::path&);

  Journal(Journal&&) noexcept;

  /// Throws Error (a full disk, say), and then the file is as it was; thread-safe. Returns the record's
  /// number.
  std::uint64_t append(Event);
  /// For what going back writes: a record that cannot be written keeps no container from being started.
  /// False if the record is not in the file; records() has it all the same, so this process knows it.
  bool try_append(Event);
  /// A line that a step's tool printed. Only the step's first and last megabyte are written (BoundedOutput),
  /// and nothing when the disk is nearly full. Never throws: output only tells.
  void output(StepName, const std::string& line);
  /// A copy of everything so far but output and progress.
  std::vector<Record> records() const;
  /// The newest of them for which this holds. It must not call the journal.
  std::optional<Record> newest(const std::function<bool(const Record&)>&) const;
  /// From now on no record, on the disk or in records(), shows what these hide. The one door for that.
  void hide(Masks masks) { mask_ = EventMask(std::move(masks)); }
  void set_role(std::string role) { role_ = std::move(role); }

 private:
  Journal(LogFile file, std::filesystem::path path, std::uint64_t length, std::vector<Record> records,
          std::string role);
  std::uint64_t append_locked(const Event&);
  void write_line(const std::string& line, bool durably);
  void cut_unfinished();
  void reserve_room();
  void give_room_back();
  void write_output(const std::vector<event::Output>&);

  mutable std::mutex mutex_;  // guards all below
  LogFile file_;
  std::filesystem::path path_;
  std::uint64_t length_ = 0;          // of the intact lines; every line is written at this place
  bool unfinished_ = false;           // bytes of a failed write may lie behind length_
  std::uint64_t reserved_until_ = 0;  // room is set aside up to here
  std::vector<Record> records_;
  std::uint64_t next_ = 1;
  std::string role_;
  BoundedOutput output_;
  EventMask mask_;
};

}  // namespace belay
