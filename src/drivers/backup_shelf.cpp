#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "drivers/dump_scan.hpp"
#include "drivers/postgres.hpp"

/// The directory of backups: names, checksums, retention.
namespace belay::postgres {
namespace {

constexpr std::string_view prefix = "pre-deploy-";
constexpr std::string_view suffix = ".sql";

std::string name_of(Time taken) {
  return fmt::format("{}{}{}", prefix, stamp(taken), suffix);
}

/// The time in a name of ours; empty: not one.
std::optional<Time> taken_at(const std::string& name) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix) ||
      name.size() != prefix.size() + 15 + suffix.size())
    return {};
  const std::string text = name.substr(prefix.size(), 15);
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i == 8 ? text[i] != '-' : text[i] < '0' || text[i] > '9') return {};
  const auto number = [&](std::size_t at, std::size_t length) { return std::stoi(text.substr(at, length)); };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  if (!day.ok() || number(9, 2) > 23 || number(11, 2) > 59 || number(13, 2) > 59) return {};
  return Time(std::chrono::sys_days(day) + std::chrono::hours(number(9, 2)) +
              std::chrono::minutes(number(11, 2)) + std::chrono::seconds(number(13, 2)));
}

/// Hidden, so that `ls backups` shows what operators know.
fs::path checksum_file(const fs::path& backup) {
  return backup.parent_path() / ("." + backup.filename().string() + ".sha256");
}

/// sha256sum skips lines that begin with '#'; the size makes listing quick.
std::string checksum_text(const Dump& dump, const std::string& name) {
  return fmt::format("# {} bytes, {} tables, {} rows\n{}  {}\n", dump.bytes, dump.tables, dump.rows,
                     dump.sha256, name);
}

/// The size that the checksum was made of; empty: none there.
std::optional<std::uint64_t> recorded_size(const fs::path& backup) {
  const std::optional<std::string> text = read_file_if_exists(checksum_file(backup));
  unsigned long long size = 0;
  if (!text || std::sscanf(text->c_str(), "# %llu bytes", &size) != 1) return {};
  return size;
}

/// Whether the end of a file is pg_dump's. (That nothing is missing before the end, only its checksum could
/// say.)
bool ends_whole(const fs::path& path, std::uint64_t size) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw system_error("cannot read the backup " + path.string(), errno);
  std::array<char, 4096> buffer;
  const std::uint64_t from = size > buffer.size() ? size - buffer.size() : 0;
  const ssize_t got = ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(from));
  if (got < 0) throw system_error("cannot read the backup " + path.string(), errno);
  DumpScan scan;
  scan.feed({buffer.data(), static_cast<std::size_t>(got)});
  scan.finish();
  return scan.whole();
}

/// rename(2) that never replaces. False: the name is taken.
bool rename_to_free_name(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  // Some file systems do not know the flag; the environment's lock keeps other writers away.
  if (errno != EINVAL && errno != ENOSYS)
    throw system_error("cannot rename the backup to " + to.string(), errno);
  if (fs::exists(to)) return false;
  if (::rename(from.c_str(), to.c_str()) != 0)
    throw system_error("cannot rename the backup to " + to.string(), errno);
  return true;
}

}  // namespace

Dump publish(Dump dump, const fs::path& directory, Time taken) {
  fsync_file(dump.file);
  fs::path target = directory / name_of(taken);
  while (!rename_to_free_name(dump.file, target))
    target = directory / name_of(taken += std::chrono::seconds(1));
  dump.file = target;
  write_file_atomically(checksum_file(target), checksum_text(dump, target.filename().string()));
  fsync_directory(directory);
  return dump;
}

std::vector<Kept> list(const fs::path& directory) {
  std::vector<Kept> found;
  if (!fs::exists(directory)) return found;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, failed)) {
    const std::optional<Time> taken = taken_at(entry.path().filename().string());
    if (!taken || !entry.is_regular_file()) continue;
    Kept kept{entry.path(), entry.file_size(), *taken};
    const std::optional<std::uint64_t> recorded = recorded_size(kept.file);
    kept.verified = recorded ? *recorded == kept.bytes : ends_whole(kept.file, kept.bytes);
    found.push_back(std::move(kept));
  }
  if (failed) throw system_error("cannot list the backups in " + directory.string(), failed.value());
  std::ranges::sort(found, [](const Kept& a, const Kept& b) { return a.taken > b.taken; });
  return found;
}

std::vector<fs::path> prune(const fs::path& directory, int keep) {
  std::vector<fs::path> removed;
  int verified = 0;
  for (const Kept& kept : list(directory)) {
    if (!kept.verified || ++verified <= keep) continue;
    remove_tree(kept.file);
    remove_tree(checksum_file(kept.file));
    removed.push_back(kept.file);
  }
  if (!removed.empty()) fsync_directory(directory);
  return removed;
}

}  // namespace belay::postgres
