#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "drivers/postgres.hpp"
#include "scratch.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

const std::string whole = "create table t ();\n\n--\n-- PostgreSQL database dump complete\n--\n\n";

Time at(const char* text) {
  return parse_iso8601(text);
}

postgres::Dump published(const Scratch& scratch, const char* time, const std::string& content = whole) {
  return postgres::publish(postgres::verify(scratch.write("backups/.partial", content)), scratch / "backups",
                           at(time));
}

std::vector<std::string> names(const std::vector<fs::path>& paths) {
  std::vector<std::string> found;
  found.reserve(paths.size());
  for (const fs::path& path : paths) found.push_back(path.filename().string());
  return found;
}

std::vector<std::string> listed(const Scratch& scratch) {
  std::vector<std::string> found;
  for (const postgres::Kept& kept : postgres::list(scratch / "backups"))
    found.push_back(kept.file.filename().string() + (kept.verified ? "" : " ?"));
  return found;
}

}  // namespace

TEST_CASE("a published backup has the name operators know and a checksum that sha256sum reads") {
  const Scratch scratch;
  const postgres::Dump dump = published(scratch, "2026-01-12T10:33:00.123Z");
  CHECK(dump.file == scratch / "backups/pre-deploy-20260112-103300.sql");
  CHECK(read_file(dump.file) == whole);
  CHECK(!fs::exists(scratch / "backups/.partial"));
  CHECK(sh({"ls", (scratch / "backups").string()}) == "pre-deploy-20260112-103300.sql\n");
  CHECK(sh({"sha256sum", "--check", "--strict", ".pre-deploy-20260112-103300.sql.sha256"},
           scratch / "backups") == "pre-deploy-20260112-103300.sql: OK\n");
}

TEST_CASE("a taken name gets the next free second, and nothing is replaced") {
  const Scratch scratch;
  const std::string other = "-- other\n" + whole;
  published(scratch, "2026-01-12T23:59:59.000Z");
  const postgres::Dump second = published(scratch, "2026-01-12T23:59:59.500Z", other);
  CHECK(second.file.filename() == "pre-deploy-20260113-000000.sql");
  CHECK(read_file(scratch / "backups/pre-deploy-20260112-235959.sql") == whole);
  CHECK(read_file(second.file) == other);
}

TEST_CASE("backups are listed newest first, each with whether it can be relied on") {
  const Scratch scratch;
  CHECK(postgres::list(scratch / "absent").empty());
  published(scratch, "2026-01-10T10:00:00.000Z");
  published(scratch, "2026-01-12T10:00:00.000Z");
  scratch.write("backups/pre-deploy-20260111-100000.sql", whole);             // made by hand
  scratch.write("backups/pre-deploy-20260113-100000.sql", "");                // a failed pg_dump of old
  scratch.write("backups/pre-deploy-20260114-100000.sql", "create table t");  // a full disk
  scratch.write("backups/pre-deploy-20260112-100000.sql", whole + whole);  // changed since it was published
  scratch.write("backups/pre-deploy-20261342-100000.sql", whole);          // no date
  scratch.write("backups/before-the-move.sql", whole);
  fs::create_directories(scratch / "backups/pre-deploy-20260115-100000.sql");
  CHECK(listed(scratch) ==
        std::vector<std::string>{"pre-deploy-20260114-100000.sql ?", "pre-deploy-20260113-100000.sql ?",
                                 "pre-deploy-20260112-100000.sql ?", "pre-deploy-20260111-100000.sql",
                                 "pre-deploy-20260110-100000.sql"});
  CHECK(postgres::list(scratch / "backups").back().taken == at("2026-01-10T10:00:00.000Z"));
}

TEST_CASE("retention counts and removes verified backups only: failing nights erase nothing") {
  const Scratch scratch;
  for (const char* day : {"01", "02", "03", "04", "05"})
    published(scratch, (std::string("2026-01-") + day + "T03:00:00.000Z").c_str());
  for (const char* day : {"06", "07", "08", "09", "10", "11"})
    scratch.write(std::string("backups/pre-deploy-202601") + day + "-030000.sql", "");
  CHECK(postgres::prune(scratch / "backups", 5).empty());
  CHECK(listed(scratch).size() == 11);

  published(scratch, "2026-01-12T03:00:00.000Z");
  CHECK(names(postgres::prune(scratch / "backups", 5)) ==
        std::vector<std::string>{"pre-deploy-20260101-030000.sql"});
  CHECK(names(postgres::prune(scratch / "backups", 2)) ==
        std::vector<std::string>{"pre-deploy-20260104-030000.sql", "pre-deploy-20260103-030000.sql",
                                 "pre-deploy-20260102-030000.sql"});
  CHECK(listed(scratch).size() == 6 + 2);
  CHECK(!fs::exists(scratch / "backups/.pre-deploy-20260101-030000.sql.sha256"));
  CHECK(fs::exists(scratch / "backups/.pre-deploy-20260105-030000.sql.sha256"));
}
