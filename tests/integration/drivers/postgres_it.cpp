#include <thread>

#include <doctest/doctest.h>
#include <sys/mount.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "drivers/postgres.hpp"
#include "world.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

/// A PostgreSQL in a container, with a table of 20,000 rows.
struct Postgres {
  const World& world;
  postgres::Database database;

  explicit Postgres(const World& in) : world(in), database{in.name("postgres"), "crm_user", "crm"} {
    sh({"docker", "run", "--detach", "--name", database.container, "--env", "POSTGRES_USER=crm_user", "--env",
        "POSTGRES_PASSWORD=secret", "--env", "POSTGRES_DB=crm", "postgres:15"});
    // The server that the image starts for its own set-up has no TCP address: it cannot answer in its place.
    REQUIRE(eventually([&] { return answers(); }));
    sql("create table customers (id serial primary key, name text, note text)");
    sql("insert into customers (name, note) select 'customer ' || i, repeat('x', 100) from "
        "generate_series(1, 20000) i");
    sql("create table empty (id int)");
  }
  bool answers() const { return capture({.argv = command("select 1")}, {}, soon()).ok(); }
  std::vector<std::string> command(const std::string& statement) const {
    return {
        "docker", "exec",      "--env", "PGPASSWORD=secret", database.container, "psql", "-U", database.user,
        "-h",     "127.0.0.1", "-tAc",  statement,           database.database};
  }
  std::string sql(const std::string& statement) const { return sh(command(statement)); }
};

std::string failure(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.message() + "|" + error.why() + "|" + error.next();
  }
  return "";
}

}  // namespace

TEST_CASE("a real database is dumped, counted, and restorable") {
  const World world;
  const Postgres server(world);
  const fs::path partial = world.directory() / ".pre-deploy.partial";
  const postgres::Dump dump = postgres::dump(server.database, partial, {}, soon());
  CHECK(dump.tables == 2);
  CHECK(dump.rows == 20'000);
  CHECK(dump.bytes == fs::file_size(partial));
  CHECK(dump.sha256 + "  " + partial.string() == sh({"sha256sum", partial.string()}));
  CHECK(fs::status(partial).permissions() == fs::perms(0600));

  server.sql("create database restored");
  sh({"docker", "cp", partial.string(), server.database.container + ":/tmp/dump.sql"});
  sh({"docker", "exec", "--env", "PGPASSWORD=secret", server.database.container, "psql", "-h", "127.0.0.1",
      "-U", "crm_user", "-v", "ON_ERROR_STOP=1", "-q", "-f", "/tmp/dump.sql", "restored"});
  CHECK(sh({"docker", "exec", "--env", "PGPASSWORD=secret", server.database.container, "psql", "-h",
            "127.0.0.1", "-U", "crm_user", "-tAc", "select count(*) from customers", "restored"}) == "20000");

  SUBCASE("what cannot be dumped is said in pg_dump's or Docker's own words") {
    const auto dumping = [&](postgres::Database database) {
      return failure([&] { postgres::dump(database, world.directory() / "x", {}, soon()); });
    };
    CHECK(dumping({server.database.container, "crm_user", "nosuch"})
              .contains("database \"nosuch\" does not exist"));
    CHECK(dumping({server.database.container, "nobody", "crm"}).contains("role \"nobody\" does not exist"));
    CHECK(dumping({world.name("postgre"), "crm_user", "crm"}).contains("No such container"));
    world.engine.stop(server.database.container);
    CHECK(dumping(server.database).contains("is not running"));
  }
  SUBCASE("a full disk is an Error with the space that is left") {
    const fs::path small = world.directory() / "small";
    fs::create_directories(small);
    sh({"mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small.string()});
    const std::string said = failure([&] { postgres::dump(server.database, small / "x", {}, soon()); });
    sh({"umount", small.string()});
    CHECK(said.contains("is left on the disk of " + small.string()));
    CHECK(said.contains("make room there"));
  }
}

TEST_CASE("a server that asks for a password gets the container's own, and no process shows it") {
  const World world;
  const Postgres server(world);
  const auto& database = server.database;
  sh({"docker", "exec", database.container, "sh", "-c",
      "sed -i 's/^local.*/local all all scram-sha-256/' \"$PGDATA/pg_hba.conf\""});
  server.sql("select pg_reload_conf()");
  REQUIRE(eventually([&] {
    return !capture({.argv = {"docker", "exec", database.container, "psql", "-w", "-U", "crm_user", "-c",
                              "select 1", "crm"}},
                    {}, soon())
                .ok();
  }));
  CHECK(postgres::connection_problem(database, {}, soon()) == "");
  CHECK(postgres::dump(database, world.directory() / "x", {}, soon()).rows == 20'000);
  CHECK(postgres::connection_problem({database.container, "crm_user", "nosuch"}, {}, soon())
            .contains("database \"nosuch\" does not exist"));
  server.sql("alter role crm_user password 'changed'");
  CHECK(postgres::connection_problem(database, {}, soon()).contains("password authentication failed"));
  CHECK(failure([&] {
          postgres::dump(database, world.directory() / "x", {}, soon());
        }).contains("POSTGRES_PASSWORD"));
}

TEST_CASE("a dump that is given up holds no locks afterwards") {
  const World world;
  const Postgres server(world);
  // Somebody holds the table, so that pg_dump has to wait for it.
  std::vector<std::string> argv = server.command("begin; lock table customers; select pg_sleep(1000)");
  argv.insert(argv.begin() + 2, {"--detach"});
  sh(argv);
  const auto dumps = [&] {
    return server.sql("select count(*) from pg_stat_activity where application_name = 'belay'");
  };
  REQUIRE(eventually([&] {
    return server.sql(
               "select count(*) from pg_locks l join pg_class c on c.oid = l.relation where "
               "relname = 'customers' and mode = 'AccessExclusiveLock' and granted") == "1";
  }));
  const std::string said = failure([&] {
    postgres::dump(server.database, world.directory() / "x", {}, Deadline::in(std::chrono::seconds(3)));
  });
  CHECK(said.contains("no end after 3"));
  CHECK(eventually([&] { return dumps() == "0"; }));
}

TEST_CASE("of the dumps that run, only the abandoned one is ended") {
  const World world;
  const Postgres server(world);
  auto mine = server.database, anothers = server.database;
  mine.session = "belay-mine";
  anothers.session = "belay-anothers";
  for (const auto& database : {mine, anothers}) {
    auto argv = server.command("select pg_sleep(1000)");
    argv.insert(argv.begin() + 2, {"--detach", "--env", "PGAPPNAME=" + database.session});
    sh(argv);
  }
  const auto sessions = [&] {
    return server.sql(
        "select string_agg(application_name, ',' order by application_name) from pg_stat_activity where "
        "application_name like "
        "'belay-%'");
  };
  REQUIRE(eventually([&] { return sessions() == "belay-anothers,belay-mine"; }));
  postgres::end_abandoned_dump(mine, {}, soon());
  CHECK(eventually([&] { return sessions() == "belay-anothers"; }));
}
