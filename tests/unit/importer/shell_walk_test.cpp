#include "importer/shell_walk.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

using namespace belay::importer;

namespace {

// In the server's shell.
Findings found(const char* script) {
  const Repository none;
  Findings out;
  ShellState state;
  state.at = {"s", 1};
  state.on_server = true;
  ShellWalk(none, out).read(script, 1, state);
  return out;
}

}  // namespace

TEST_CASE("a health check is found in every spelling") {
  struct Row {
    const char* script;
    int attempts;
    const char* interval;
  };
  for (const Row& row : {
           Row{"for i in $(seq 1 30); do curl -sf http://localhost/h && break; sleep 5; done", 30, "5s"},
           Row{"for i in {1..20}; do if curl -sf http://localhost/h; then exit 0; fi; sleep 3; done", 20,
               "3s"},
           Row{"for i in 1 2 3; do curl -f http://localhost/h; sleep 1; done", 3, "1s"},
           Row{"for ((i=1; i<=12; i++)); do\n  curl http://localhost/h\n  sleep 4\ndone", 12, "4s"},
           Row{"n=0\nwhile [ $n -lt 15 ]; do curl http://localhost/h; n=$((n+1)); sleep 2; done", 15, "2s"},
           Row{"MAX=9\nuntil curl http://localhost/h; do\n[ \"$n\" -ge $MAX ] && exit 1\nsleep 2\ndone", 9,
               "2s"},
           Row{"curl --retry 7 --retry-delay 6 http://localhost/h", 7, "6s"},
           Row{"for i in $(seq 1 5); do S=$(curl -s -o /dev/null -w '%{http_code}' http://localhost/h); "
               "sleep 10; done",
               5, "10s"},
           Row{"sleep 10\ncurl -f http://localhost/h", 0, ""},
       }) {
    const Findings out = found(row.script);
    REQUIRE_MESSAGE(out.health.size() == 1, row.script);
    CHECK_MESSAGE(out.health[0].url == "http://localhost/h", row.script);
    CHECK_MESSAGE(out.health[0].attempts.value_or(0) == row.attempts, row.script);
    CHECK_MESSAGE(out.health[0].interval == row.interval, row.script);
  }
}

TEST_CASE("compose is found behind every name it is given") {
  for (const char* script :
       {"docker compose -f a.yml up -d web", "docker-compose -f a.yml up -d web",
        "sudo docker compose -f a.yml up -d web", "DC=\"docker compose -f a.yml\"\n$DC up -d web",
        "dc() { docker compose -f a.yml \"$@\"; }\ndc up -d web",
        "c=(docker compose -f a.yml)\n\"${c[@]}\" up -d web", "IMAGE=x docker compose -f a.yml up -d web",
        "export COMPOSE_FILE=a.yml\ndocker compose up -d web",
        "timeout 60 docker compose --file=a.yml up -d web"}) {
    const Findings out = found(script);
    REQUIRE_MESSAGE(out.compose.size() == 1, script);
    CHECK_MESSAGE(out.compose[0].files == std::vector<std::string>{"a.yml"}, script);
    CHECK_MESSAGE(out.compose[0].services == std::vector<std::string>{"web"}, script);
  }
}

TEST_CASE("what deletes data is never taken over, and warned of") {
  for (const char* script :
       {"docker compose down -v", "docker compose down --volumes", "docker system prune -af --volumes",
        "docker volume rm x", "docker volume prune -f",
        "docker compose exec -T web php artisan migrate:fresh --force",
        "docker compose run --rm web npx prisma db push --accept-data-loss"}) {
    const Findings out = found(script);
    REQUIRE_MESSAGE(out.not_taken.size() == 1, script);
    CHECK_MESSAGE(out.not_taken[0].warning, script);
    CHECK_MESSAGE(out.migrations.empty(), script);
    CHECK_MESSAGE(out.compose.empty(), script);
  }
}

TEST_CASE("what only the running shell knows does not become a variable of belay.yml") {
  for (const char* script :
       {"for h in a b; do rsync -a ./ me@$h:/srv/x; done", "rsync -a ./ \"me@$(hostname)\":/srv/x"}) {
    const Repository none;
    Findings out;
    ShellState state;
    state.at = {"s", 1};
    ShellWalk(none, out).read(script, 1, state);
    REQUIRE_MESSAGE(out.host, script);
    CHECK_MESSAGE(!is_known(out.host->text), script);
  }
}
