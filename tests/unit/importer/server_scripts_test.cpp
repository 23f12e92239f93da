#include "importer/server_scripts.hpp"

#include <doctest/doctest.h>

#include "importer/script_paths.hpp"

using namespace belay::importer;

namespace {

std::string shown(const char* script) {
  return as_belay_text(without_secrets(script).text);
}

}  // namespace

TEST_CASE("a secret that stands in a server's script is a variable of its name afterwards") {
  struct Row {
    const char* script;
    const char* becomes;
  };
  for (const Row& row : {
           Row{"DB_PASSWORD=abc run", "DB_PASSWORD=${DB_PASSWORD} run"},
           Row{"export API_TOKEN='a b' X=1", "export API_TOKEN='${API_TOKEN}' X=1"},
           Row{"stripe_key=\"abc\"", "stripe_key=\"${STRIPE_KEY}\""},
           Row{"A_SECRET=1; B_SECRET=2", "A_SECRET=${A_SECRET}; B_SECRET=${B_SECRET}"},
           Row{"T_TOKEN=1\nT_TOKEN=2\nT_TOKEN=1",
               "T_TOKEN=${T_TOKEN}\nT_TOKEN=${T_TOKEN_2}\nT_TOKEN=${T_TOKEN}"},
           Row{"x --token=abc --port=1", "x --token=${TOKEN} --port=1"},
           Row{"x --password abc y", "x --password ${PASSWORD} y"},
           Row{"docker login -u me -p abc ghcr.io", "docker login -u me -p ${PASSWORD} ghcr.io"},
           Row{"mysql -uroot -pabc shop", "mysql -uroot -p${PASSWORD} shop"},
           Row{"  password: abc", "  password: ${PASSWORD}"},
           Row{"curl -H 'X-Api-Key: abc' u", "curl -H 'X-Api-Key: ${X_API_KEY}' u"},
           Row{"curl -H \"Authorization: Bearer abc\" u", "curl -H \"Authorization: Bearer ${TOKEN}\" u"},
           Row{"git pull https://ci:abc@host/x", "git pull https://ci:${PASSWORD}@host/x"},
           Row{"curl https://api.telegram.org/bot1:abc/send",
               "curl https://api.telegram.org/bot${TOKEN}/send"},
           Row{"curl https://hooks.slack.com/services/T/B/abc",
               "curl https://hooks.slack.com/services/${WEBHOOK}"},
       })
    CHECK_MESSAGE(shown(row.script) == row.becomes, row.script);
}

TEST_CASE("what is no secret stays as it is written") {
  for (const char* script :
       {"DB_PASSWORD=$X", "DB_PASSWORD=$(cat /run/secret)", "DB_PASSWORD=", "PORT=8080",
        "docker run -p 80:80 nginx", "ssh -p 22 host", "# TOKEN=abc", "echo Token: missing",
        "sed -i 's|^API_TOKEN=.*|X|' f", "curl https://host:8080/a@b", "[ -z \"$API_TOKEN\" ]",
        "curl -fsS https://host/bot/list", "a\n\nb\n"})
    CHECK(shown(script) == script);
}

TEST_CASE("each hidden secret is told with its line") {
  const WithoutSecrets made = without_secrets("a\nA_TOKEN=x B_TOKEN=y\n\nC_TOKEN=z\n");
  REQUIRE(made.hidden.size() == 3);
  CHECK(made.hidden[0].name == "A_TOKEN");
  CHECK(made.hidden[0].line == 2);
  CHECK(made.hidden[1].line == 2);
  CHECK(made.hidden[2].line == 4);
}

TEST_CASE("a login is named as belay.yml has it, and a place by the host alone") {
  CHECK(server_name("me", "box", "") == "me@box");
  CHECK(server_name("", ci_variable("HOST"), "22") == "${HOST}");
  CHECK(server_name("me", "box", "2222") == "me@box:2222");
  CHECK(server_name("me", "$BOX", "") == "");
  CHECK(shown_on("me@box:2222", "/srv/x.sh") == "box:/srv/x.sh");
  CHECK(shown_on("${USER}@${HOST}", "~/x.sh") == "${HOST}:~/x.sh");
  CHECK(shown_on("", "/srv/x.sh") == "host:/srv/x.sh");
}

TEST_CASE("a script's own directory is told without running it") {
  struct Row {
    const char* text;
    const char* becomes;
  };
  for (const Row& row : {
           Row{"$(dirname \"/srv/app/x.sh\")", "/srv/app"},
           Row{"$(dirname -- /srv/x.sh)/lib", "/srv/lib"},
           Row{"$(cd \"$(dirname \"/srv/app/bin/x.sh\")\" && pwd)", "/srv/app/bin"},
           Row{"$(cd \"$(dirname \"/srv/app/bin/x.sh\")/..\" >/dev/null 2>&1 && pwd -P)", "/srv/app"},
           Row{"$(dirname \"$(readlink -f \"/srv/app/x.sh\")\")", "/srv/app"},
           Row{"$(dirname $(realpath /srv/app/x.sh))", "/srv/app"},
           Row{"$(dirname \"/srv/my app/x.sh\")", "/srv/my app"},
           Row{"$(cd \"$(dirname '/srv/my app/x.sh')\" && pwd)", "/srv/my app"},
           Row{"$(dirname /srv/x.sh 2>\"/dev/a b\")", "/srv"},
           Row{"$(pwd)/x", "/here/x"},
           Row{"$(cd sub && pwd)", "/here/sub"},
           Row{"$(dirname \"$X\")", "$(dirname \"$X\")"},
           Row{"$(date +%s) and $(pwd", "$(date +%s) and $(pwd"},
       })
    CHECK_MESSAGE(with_directories(row.text, "/here") == row.becomes, row.text);
}

TEST_CASE("dots are taken out of a path that is known") {
  CHECK(without_dots("/srv/app/scripts/..") == "/srv/app");
  CHECK(without_dots("~/app/../x") == "~/x");
  CHECK(without_dots("~/app/..") == "~");
  CHECK(without_dots("/srv/$X/..") == "/srv/$X/..");
  CHECK(without_dots("a/b") == "a/b");
}

TEST_CASE("a program of a deployment is known by its path and its name") {
  for (const char* path : {"/usr/local/bin/deploy-shop", "/opt/update", "~/bin/release", "$HOME/deploy"})
    CHECK_MESSAGE(is_own_program(path), path);
  for (const char* path : {"/usr/bin/deploy", "/opt/notify", "deploy", "/usr/sbin/update-ca-certificates"})
    CHECK_FALSE_MESSAGE(is_own_program(path), path);
}
