#include "saga/unfinished_writes.hpp"

#include <doctest/doctest.h>

#include "runs.hpp"

using namespace belay;
using namespace belay::testing;

TEST_CASE("what an atomic write left when it was cut off goes, and nothing else") {
  const Environment environment;
  const auto& live = environment.live;
  const std::string nonce = ".eac7f0c9e4d5fc4d";
  EnvironmentConfig config;
  config.backup = PostgresBackup{.container = "db", .user = "u", .database = "d", .directory = "backups"};
  const std::vector<std::string> gone{".belay/.current" + nonce,
                                      ".belay/bin/.belay" + nonce,
                                      ".belay/releases/r1/.release.json" + nonce,
                                      ".belay/releases/half/source/index.js",
                                      "backups/..pre-deploy-1.sql.sha256" + nonce,
                                      ".belay/runs/r1/.previous.json" + nonce,
                                      ".belay/runs/r2/.secrets.json" + nonce,
                                      ".belay/edge/0/.key.pem" + nonce};
  const std::vector<std::string> kept{".belay/lock",
                                      ".belay/bin/belay-0123456789abcdef",
                                      ".belay/releases/r1/release.json",
                                      ".belay/releases/r1/source/.env" + nonce,
                                      ".belay/runs/r1/journal.jsonl",
                                      ".belay/edge/0/haproxy.cfg",
                                      "backups/.pre-deploy-1.sql.sha256",
                                      "backups/pre-deploy-1.sql",
                                      ".env" + nonce};
  for (const auto& file : gone) live.write(file, "x");
  for (const auto& file : kept) live.write(file, "x");
  remove_unfinished_writes(environment.layout, config);
  for (const auto& file : gone) CHECK_MESSAGE(!fs::exists(live / file), file);
  for (const auto& file : kept) CHECK_MESSAGE(fs::exists(live / file), file);
  CHECK_FALSE(fs::exists(live / ".belay/releases/half"));
}
