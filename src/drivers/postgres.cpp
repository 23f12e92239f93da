#include "drivers/postgres.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/files.hpp"
#include "base/human.hpp"
#include "base/process.hpp"
#include "drivers/dump_scan.hpp"
#include "drivers/program.hpp"

namespace belay::postgres {
namespace {

/// Runs one of PostgreSQL's programs in the container. If the server asks for a password, it is the one that
/// the container itself was made with: read there, by a shell, into the program's environment. It is in no
/// process's arguments, and never leaves the container. What the container sets up itself comes first.
constexpr auto with_own_password =
    "if [ -z \"$PGPASSWORD$PGPASSFILE\" ] && [ ! -e \"${HOME:-/root}/.pgpass\" ]; then "
    "if [ -n \"$POSTGRES_PASSWORD\" ]; then PGPASSWORD=$POSTGRES_PASSWORD; export PGPASSWORD; "
    "elif [ -r \"$POSTGRES_PASSWORD_FILE\" ]; then PGPASSWORD=$(cat \"$POSTGRES_PASSWORD_FILE\"); export "
    "PGPASSWORD; "
    "fi; fi; exec \"$@\"";

std::vector<std::string> in_container(const Database& database, const std::vector<std::string>& program) {
  std::vector<std::string> argv{
      "docker",          "exec", "--env", "PGAPPNAME=" + database.session, database.container, "sh", "-c",
      with_own_password, "sh"};
  argv.insert(argv.end(), program.begin(), program.end());
  return argv;
}

std::vector<std::string> query(const Database& database, const std::string& sql) {
  return in_container(database, {"psql", "--username", database.user, "--no-password", "--no-psqlrc",
                                 "--quiet", "--tuples-only", "--command", sql, database.database});
}

Error failed_dump(const Database& database, const fs::path& partial, const std::string& why,
                  const std::string& next) {
  const std::uint64_t left = free_space(partial.parent_path()).bytes_free;
  const bool full =
      why.contains("No space left on device") || why.contains("no space left on device") || left < (1u << 20);
  return Error(fmt::format("the backup of {} in {} failed", database.database, database.container),
               full ? fmt::format("{}\n{} is left on the disk of {}", why, human_bytes(left),
                                  partial.parent_path().string())
                    : why,
               full ? "make room there: " + partial.parent_path().string() : next);
}

std::string hint_for(const Database& database, const std::string& words) {
  if (words.contains("No such container"))
    return "see `docker ps -a`: backup.postgres.container names the container";
  if (words.contains("is not running")) return "start it: docker start " + database.container;
  if (words.contains("password"))
    return fmt::format(
        "belay takes POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE of the container {}: correct it "
        "there, or put PGPASSWORD or PGPASSFILE into the container's environment",
        database.container);
  return "try it by hand: docker exec " + database.container + " pg_dump -U " + database.user + " " +
         database.database;
}

}  // namespace

Dump dump(const Database& database, const fs::path& partial, std::stop_token stop, Deadline deadline) {
  const Fd file(::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) throw system_error("cannot write the backup " + partial.string(), errno);

  Command command{.argv = in_container(database, {"pg_dump", "--username", database.user, "--no-password",
                                                  database.database})};
  command.stdout_to = file.get();
  const Captured captured = capture(command, stop, deadline);
  if (!captured.ok()) {
    if (captured.outcome.end != Outcome::End::exited)
      end_abandoned_dump(database, {}, Deadline::in(std::chrono::seconds(10)));
    const std::string words(last_lines(captured.err, 20));
    throw failed_dump(database, partial, captured.outcome.described() + (words.empty() ? "" : "\n" + words),
                      hint_for(database, words));
  }
  try {
    return verify(partial);
  } catch (const Error& error) {
    // Here more is known than the reader of a file can say: why it may be short.
    throw failed_dump(database, partial, error.message_and_why(), error.next());
  }
}

void end_abandoned_dump(const Database& database, std::stop_token stop, Deadline deadline) {
  const std::string sql = fmt::format(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = '{}' and datname = "
      "current_database() and pid <> pg_backend_pid()",
      database.session);
  require_output({.argv = query(database, sql)}, std::move(stop), deadline,
                 "ending an abandoned dump in " + database.container + " failed",
                 "see `select * from pg_stat_activity`");
}

std::string connection_problem(const Database& database, std::stop_token stop, Deadline deadline) {
  const Captured asked = capture({.argv = query(database, "select 1")}, std::move(stop), deadline);
  if (asked.ok()) return {};
  const std::string words(last_lines(asked.err, 5));
  return words.empty() ? asked.outcome.described() : words;
}

Dump verify(const fs::path& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw system_error("cannot read the backup " + path.string(), errno);
  DumpScan scan;
  std::array<char, 1u << 16> buffer;
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error("cannot read the backup " + path.string(), errno);
    if (got == 0) break;
    scan.feed({buffer.data(), static_cast<std::size_t>(got)});
  }
  scan.finish();
  if (!scan.whole())
    throw Error(fmt::format("the backup {} is not whole", path.string()),
                scan.bytes() == 0 ? "it is empty"
                                  : fmt::format("it ends after {} without pg_dump's completion mark",
                                                human_bytes(scan.bytes())),
                "do not rely on it");
  return {path, scan.bytes(), scan.tables(), scan.rows(), scan.sha256()};
}

}  // namespace belay::postgres
