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

TEST_CASE("a file of variables is found however it is written") {
  struct Row {
    const char* script;
    const char* text;
    bool starts_anew;
  };
  for (const Row& row : {
           Row{"echo A=1 > .env", "A=1\n", true},
           Row{"echo \"A=1\" >> .env", "A=1\n", false},
           Row{"echo -e 'A=1\\nB=2' > .env", "A=1\nB=2\n", true},
           Row{"echo A=1 | sudo tee -a .env > /dev/null", "A=1\n", false},
           Row{"printf 'A=%s\\n' 1 > .env", "A=1\n", true},
           Row{"printf '%s\\n' A=1 B=2 > .env", "A=1\nB=2\n", true},
           Row{"cat > .env <<EOF\nA=1\nB=2\nEOF", "A=1\nB=2\n", true},
           Row{"cat <<'EOF' > .env\nA=1\nEOF", "A=1\n", true},
           Row{"tee .env <<EOF\nA=1\nEOF", "A=1\n", true},
           Row{"{ echo A=1; echo B=2; } > .env", "A=1\nB=2\n", true},
           Row{"( echo A=1\necho B=2 ) >> .env", "A=1\nB=2\n", false},
           Row{"base64 -d <<< QT0x > .env", "QT0x", true},
           Row{"sed -i 's|^A=.*|A=1|' .env", "A=1\n", false},
           Row{"sed -i -e \"s/^A=.*/A=1/\" -e \"s/^B=.*/B=2/g\" .env", "A=1\nB=2\n", false},
       }) {
    const Findings out = found((std::string("cd /srv/x\n") + row.script).c_str());
    REQUIRE_MESSAGE(out.files.size() == 1, row.script);
    CHECK_MESSAGE(out.files[0].text == row.text, row.script);
    CHECK_MESSAGE(out.files[0].path == "/srv/x/.env", row.script);
    CHECK_MESSAGE(out.files[0].starts_anew == row.starts_anew, row.script);
    CHECK_MESSAGE(out.files[0].is_known, row.script);
    CHECK_MESSAGE(out.files[0].decoded == (std::string(row.text) == "QT0x"), row.script);
  }
}

TEST_CASE("a command of the server is a hook, or listed, and never both or neither") {
  struct Row {
    const char* script;
    const char* hook;  // empty: listed
  };
  for (const Row& row : {
           Row{"systemctl reload nginx", "systemctl reload nginx"},
           Row{"sudo -E warm --all", "sudo warm --all"},
           Row{"warm 'a b' \"it's\"", "warm 'a b' \"it's\""},
           Row{"docker compose exec -T web ./warm", "./warm"},
           Row{"docker exec -w /app web ./warm", "cd /app && ./warm"},
           Row{"docker compose exec web sh -c './a && ./b'", "./a && ./b"},
           Row{"docker compose restart proxy", "docker compose restart proxy"},
           Row{"docker restart proxy", "docker restart proxy"},
           Row{"nginx -t && nginx -s reload", "nginx -t && nginx -s reload"},
           Row{"[ -x w ] && warm", ""},
           Row{"for i in 1 2; do warm; done", ""},
           Row{"if ok; then\nwarm\nfi", ""},
           Row{"warm > log.txt", ""},
           Row{"warm $(date)", ""},
           Row{"chown -R 1 data/*", ""},
           Row{"apt-get install -y jq", ""},
           Row{"cp a b", ""},
           Row{"docker compose restart", ""},
       }) {
    const Findings out = found(row.script);
    const bool is_hook = *row.hook != '\0';
    REQUIRE_MESSAGE(out.hooks.size() == (is_hook ? 1 : 0), std::string(row.script));
    CHECK_MESSAGE(out.not_taken.empty() == is_hook, std::string(row.script));
    if (is_hook) CHECK_MESSAGE(out.hooks[0].command == row.hook, std::string(row.script));
  }
}
