#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "base/time.hpp"

namespace belay::postgres {

/// Dumps of a PostgreSQL in a container, as plain SQL files named pre-deploy-YYYYMMDD-HHMMSS.sql. A file of
/// that name is always a verified one: a dump is written to a name of its own, checked, fsynced, and only
/// then renamed. A server that asks for a password gets the container's own: POSTGRES_PASSWORD(_FILE).

struct Database {
  std::string container, user, database;
  /// What our sessions in it are called in pg_stat_activity (63 bytes at the most): nobody else's are ended.
  std::string session = "belay";
};

struct Dump {
  std::filesystem::path file;
  std::uint64_t bytes = 0;
  std::uint64_t tables = 0, rows = 0;
  std::string sha256;
};

/// Why the user cannot connect to the database now, in psql's words; empty: it can.
std::string connection_problem(const Database&, std::stop_token, Deadline);

/// Dumps into `partial` (created, 0600) with `docker exec`. Throws Error (pg_dump's own words) if it fails,
/// the disk is full, or the dump is not whole: it must end with pg_dump's completion mark.
Dump dump(const Database&, const std::filesystem::path& partial, std::stop_token, Deadline);

/// Ends what a dump of this session's that was given up may have left running in the container (a client that
/// is killed does not take pg_dump with it, and that would go on holding its locks). Throws Error if the
/// database cannot be asked.
void end_abandoned_dump(const Database&, std::stop_token, Deadline);

/// Reads a dump back and says what it holds; throws Error where it is not whole.
Dump verify(const std::filesystem::path&);

/// fsync, rename to `pre-deploy-<stamp>.sql` in `directory`, write its checksum beside it (a hidden file that
/// `sha256sum -c` reads), fsync the directory. A taken name gets the next free second.
Dump publish(Dump, const std::filesystem::path& directory, Time);

struct Kept {
  std::filesystem::path file;
  std::uint64_t bytes = 0;
  Time taken{};
  bool verified = false;  // its checksum stands beside it and its size fits; without one (a dump made by
                          // hand): the completion mark is there
};
/// The backups of a directory, newest first.
std::vector<Kept> list(const std::filesystem::path& directory);
/// Removes verified ones beyond the newest `keep`. Unverified files neither count nor are removed. Returns
/// what was removed.
std::vector<std::filesystem::path> prune(const std::filesystem::path& directory, int keep);

}  // namespace belay::postgres
