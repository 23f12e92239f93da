#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "model/journal_record.hpp"

namespace belay {

/// The append-only journal of one run (docs/journal.md): truth for recovery, live view, history. A record
/// that matters to recovery is on the disk when append returns; output and progress follow without a sync of
/// their own.
class Journal {
 public:
  /// A new file; the directory is synced too. Throws Error if it exists.
  static Journal create(const std::filesystem::path&);
  /// An existing one, to go on with: a torn tail is cut off first. `role` names the process to fault points.
  static Journal open(const std::filesystem::path&, std::string role);
  /// What it holds, without opening it for writing.
  static std::vector<Record> read(const std::filesystem::path&);

  Journal(Journal&&) noexcept;

  /// Throws Error (a full disk, say); thread-safe. Returns the record's number.
  std::uint64_t append(Event);
  /// A copy of everything so far but output and progress.
  std::vector<Record> records() const;
  void set_role(std::string role) { role_ = std::move(role); }

 private:
  Journal(Fd file, std::filesystem::path path, std::vector<Record> records, std::string role);

  mutable std::mutex mutex_;
  Fd file_;
  std::filesystem::path path_;
  std::vector<Record> records_;
  std::uint64_t next_ = 1;
  std::string role_;
};

}  // namespace belay
