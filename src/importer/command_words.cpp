#include "importer/command_words.hpp"

#include <algorithm>
#include <array>

#include "importer/words.hpp"

namespace belay::importer {
namespace {

constexpr std::array<std::string_view, 45> migrations = {"prisma migrate deploy",
                                                         "alembic upgrade",
                                                         "manage.py migrate",
                                                         "artisan migrate",
                                                         "rails db:migrate",
                                                         "rake db:migrate",
                                                         "db:migrate",
                                                         "knex migrate:latest",
                                                         "knex migrate",
                                                         "typeorm migration:run",
                                                         "migration:run",
                                                         "sequelize db:migrate",
                                                         "sequelize-cli db:migrate",
                                                         "flyway migrate",
                                                         "goose up",
                                                         "dbmate up",
                                                         "dbmate migrate",
                                                         "atlas migrate apply",
                                                         "ef database update",
                                                         "drizzle-kit migrate",
                                                         "node-pg-migrate up",
                                                         "flask db upgrade",
                                                         "aerich upgrade",
                                                         "doctrine:migrations:migrate",
                                                         "migrations:migrate",
                                                         "liquibase update",
                                                         "mikro-orm migration:up",
                                                         "sqlx migrate run",
                                                         "diesel migration run",
                                                         "ecto.migrate",
                                                         "run migrate",
                                                         "migrate:latest",
                                                         "db:deploy",
                                                         "migrate up",
                                                         "prisma migrate:deploy",
                                                         "migrate:deploy",
                                                         "phinx migrate",
                                                         "spark migrate",
                                                         "evolve migrate",
                                                         "tern migrate",
                                                         "migrate -path",
                                                         "db upgrade",
                                                         "migrations migrate",
                                                         "piccolo migrations forwards",
                                                         "yoyo apply"};
constexpr std::array<std::string_view, 11> dangerous = {
    "migrate:fresh", "migrate:refresh", "migrate:reset", "db push",  "--seed",     "migrate reset",
    "migrate dev",   "db:reset",        "db:drop",       "py flush", "schema:drop"};
constexpr std::array<std::string_view, 7> seeds = {"db:seed",  "db seed",  "run seed",     "seed:run",
                                                   "seed:all", "loaddata", "fixtures:load"};
constexpr std::array<std::string_view, 31> builds = {
    "npm run build",  "yarn build",    "yarn run build",  "pnpm build",       "pnpm run build",
    "bun run build",  "vite build",    "next build",      "ng build",         "nuxt build",
    "webpack",        "gatsby build",  "mvn package",     "mvnw package",     "package -D",
    "clean package",  "gradlew build", "gradlew bootJar", "gradle build",     "gradlew assemble",
    "gradle bootJar", "go build",      "cargo build",     "dotnet publish",   "make build",
    "hugo --",        "mkdocs build",  "jekyll build",    "npm run generate", "turbo run build",
    "nx build"};
constexpr std::array<std::string_view, 12> installs = {
    "npm ci",         "npm install", "yarn install",   "yarn --frozen-lockfile",
    "pnpm install",   "pnpm i ",     "bun install",    "composer install",
    "bundle install", "npm i",       "pip install -r", "go mod download"};
constexpr std::array<std::string_view, 20> preparations = {
    "apt-get",  "apt",         "yum",        "dnf",      "apk",    "snap",   "usermod",
    "groupadd", "adduser",     "useradd",    "ufw",      "swapon", "mkswap", "fallocate",
    "curl",     "timedatectl", "ssh-keygen", "iptables", "passwd", "pip"};

template <std::size_t N>
bool has_any(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::ranges::any_of(words, [&](auto word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

bool Arguments::has(std::initializer_list<std::string_view> names) const {
  return std::ranges::any_of(options, [&](const auto& option) { return one_of(option.first, names); });
}

std::string Arguments::value(std::initializer_list<std::string_view> names) const {
  std::string found;
  for (const auto& [name, value] : options)
    if (one_of(name, names)) found = value;
  return found;
}

std::vector<std::string> Arguments::values(std::initializer_list<std::string_view> names) const {
  std::vector<std::string> found;
  for (const auto& [name, value] : options)
    if (one_of(name, names)) found.push_back(value);
  return found;
}

Arguments arguments_of(const std::vector<std::string>& words, std::size_t from,
                       std::initializer_list<std::string_view> with_value, bool stops) {
  Arguments made;
  for (std::size_t i = from; i < words.size(); ++i) {
    const std::string& word = words[i];
    const bool option = word.size() > 1 && word.front() == '-';
    if (!option || word == "--") {
      if (word != "--") made.words.push_back(word);
      if (stops || word == "--") {
        for (++i; i < words.size(); ++i) made.words.push_back(words[i]);
      }
      continue;
    }
    const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
    if (equals != std::string::npos) {
      made.options.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    } else if (one_of(word, with_value) && i + 1 < words.size()) {
      made.options.emplace_back(word, words[++i]);
    } else if (!word.starts_with("--") && word.size() > 2) {
      // -p2222, -fsS, -tail: the first letter with its value, or letters that have none.
      if (one_of(word.substr(0, 2), with_value)) {
        made.options.emplace_back(word.substr(0, 2), word.substr(2));
        continue;
      }
      for (std::size_t letter = 1; letter < word.size(); ++letter) {
        const std::string one = std::string("-") + word[letter];
        const bool last = letter + 1 == word.size();
        made.options.emplace_back(one,
                                  last && one_of(one, with_value) && i + 1 < words.size() ? words[++i] : "");
      }
    } else {
      made.options.emplace_back(word, "");
    }
  }
  return made;
}

namespace {

bool is_plain_word(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_./:=@%+,-~^").find(c) != std::string_view::npos;
  });
}

// Variables are replaced in double quotes, and not in single ones.
std::string in_quotes(std::string_view word) {
  const bool single = word.find('\'') == std::string_view::npos && !has_ci_variable(word) && is_known(word);
  std::string made(1, single ? '\'' : '"');
  for (const char c : word) {
    if (!single && (c == '"' || c == '\\' || c == plain_dollar)) made += '\\';
    made += c;
  }
  return made + made.front();
}

}  // namespace

std::string shell_text(const std::vector<std::string>& words) {
  std::string made;
  for (const std::string& word : words) {
    if (!made.empty()) made += ' ';
    made += is_plain_word(word) ? word : in_quotes(word);
  }
  return made;
}

std::string joined(const std::vector<std::string>& words, std::size_t from) {
  std::string made;
  for (std::size_t i = from; i < words.size(); ++i) made += (i > from ? " " : "") + words[i];
  return made;
}

bool is_migration(std::string_view command) {
  return has_any(command, migrations);
}

bool is_dangerous(std::string_view command) {
  return has_any(command, dangerous);
}

bool is_seed(std::string_view command) {
  return has_any(command, seeds);
}

bool is_build(std::string_view command) {
  return has_any(command, builds) || command == "yarn build" || command == "hugo";
}

bool is_install(std::string_view command) {
  return has_any(command, installs) || command == "yarn";
}

bool prepares_server(std::string_view program) {
  return std::ranges::find(preparations, program) != preparations.end();
}

bool says_nothing(std::string_view program) {
  return one_of(
      program,
      {"echo",     "printf", "true", "false",  ":",     "set",   "ls",       "pwd",   "date",    "sleep",
       "exit",     "return", "test", "[",      "[[",    "break", "continue", "cat",   "whoami",  "df",
       "free",     "uname",  "wait", "id",     "shift", "trap",  "read",     "local", "let",     "grep",
       "head",     "tail",   "wc",   "awk",    "tr",    "cut",   "sort",     "xargs", "jq",      "tee",
       "hostname", "uptime", "type", "which",  "unset", "eval",  "umask",    "shopt", "declare", "typeset",
       "readonly", "done",   "fi",   "esac",   "}",     "sed",   "env",      "mkdir", "touch",   "basename",
       "dirname",  "seq",    "gzip", "gunzip", "bc",    "stat",  "du",       "ping",  "nc",      "command",
       "fi;",      "in",     "for",  "case"});
}

}  // namespace belay::importer
