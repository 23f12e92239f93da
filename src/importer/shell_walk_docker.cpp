#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "importer/command_words.hpp"
#include "importer/shell_walk.hpp"

namespace belay::importer {
std::vector<std::string> ShellWalk::words_with_sudo(std::vector<std::string> words,
                                                    const std::vector<std::string>& more) const {
  if (with_sudo_) words.insert(words.begin(), "sudo");
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void ShellWalk::deletes(const std::string& what, const Place& at) {
  out_.leave(at, what, "it deletes data: volumes hold what the databases wrote", true);
}

void ShellWalk::docker(const Lines& all, std::size_t i, const std::vector<std::string>& words,
                       ShellState& state) {
  const Place at = place(all[i], state);
  if (words[0] != "docker") return compose(all, i, words, 1, state);
  const Arguments given = arguments_of(words, 1, {"-H", "--host", "--context", "-c", "--config", "-l"}, true);
  if (given.words.empty()) return;
  if (given.has({"-H", "--host"}) && given.value({"-H", "--host"}).starts_with("ssh://"))
    destination(given.value({"-H", "--host"}).substr(6), "", at, state);
  const std::string& verb = given.words[0];
  const Arguments rest = arguments_of(given.words, 1,
                                      {"-u", "--user", "-e", "--env", "-w", "--workdir", "-p", "-t", "--tag",
                                       "-f", "--file", "--password", "--username", "--filter"},
                                      one_of(verb, {"exec", "run"}));
  if (verb == "compose") return compose(all, i, given.words, 1, state);
  if (verb == "exec") return container_command(all, i, rest, "exec", true, state);
  if (verb == "login") return login(all, i, rest, state);
  if (verb == "push" && !state.on_server && !rest.words.empty()) {
    out_.pushed_images.push_back(rest.words[0]);
    return;
  }
  if (!state.on_server) return;
  const std::string whole = joined(given.words);
  if (verb == "volume" && given.words.size() > 1 && one_of(given.words[1], {"rm", "prune"}))
    return deletes("docker " + whole, at);
  if (verb == "system" && whole.find("--volumes") != std::string::npos) return deletes("docker " + whole, at);
  if (verb == "stack" || verb == "service")
    out_.leave(at, "docker " + whole, "Docker Swarm: belay runs docker compose alone");
  else if (verb == "run")
    out_.leave(at, "docker " + whole,
               "a container beside compose: write it as a service of the compose file");
  else if (verb == "pull")
    out_.leave(at, "docker " + whole, "belay pulls the images of the released services itself");
  else if (verb == "load")
    out_.leave(at, "docker load", "the image was built in the CI and sent: build: here does that");
  else if (one_of(verb, {"stop", "rm", "kill", "rmi", "tag", "system", "image", "builder", "container",
                         "images", "network", "restart"}) &&
           !one_of(verb, {"images"}) && whole.find("network create") == std::string::npos &&
           verb != "restart")
    out_.leave(at, "docker " + whole, "belay stops, keeps and prunes by its own rules");
  else if (verb == "network")
    out_.leave(at, "docker " + whole, "a network that lasts: create it once, by hand");
  else if (verb == "cp")
    out_.leave(at, "docker " + whole, "it copies from or to a container: write it as a hook by hand");
  else if (verb == "restart" && !rest.words.empty())
    hook(all, i,
         {.container = rest.words[0],
          .command = shell_text(words_with_sudo({"docker", "restart"}, rest.words))},
         state);
}

void ShellWalk::login(const Lines& all, std::size_t i, const Arguments& given, ShellState& state) {
  if (!state.on_server) return;
  LoginFound made;
  made.at = place(all[i], state);
  made.registry = given.words.empty() ? "docker.io" : given.words.back();
  if (const std::size_t scheme = made.registry.find("://"); scheme != std::string::npos)
    made.registry.erase(0, scheme + 3);
  made.registry = made.registry.substr(0, made.registry.find('/'));
  made.user = given.value({"-u", "--username"});
  made.password = given.value({"-p", "--password"});
  if (made.password.empty() && all[i].joined == "|" && i > 0) {
    const auto before = words_of(all[i - 1].words, state);
    if (before.size() > 1 && one_of(before[0], {"echo", "printf"})) made.password = before.back();
  }
  for (const ShellLine::Redirect& one : all[i].redirects)
    if (one.operation == "<<<") made.password = text_of(one.target, state);
  out_.logins.push_back(std::move(made));
}

void ShellWalk::compose(const Lines& all, std::size_t i, const std::vector<std::string>& words,
                        std::size_t from, ShellState& state) {
  const Place at = place(all[i], state);
  const Arguments global =
      arguments_of(words, from,
                   {"-f", "--file", "-p", "--project-name", "--project-directory", "--env-file", "--profile",
                    "--context", "-c", "--ansi", "--progress", "-H", "--parallel"},
                   true);
  if (global.words.empty()) return;
  const std::string verb = global.words[0];
  const bool runs = one_of(verb, {"exec", "run"});
  const Arguments rest = arguments_of(global.words, 1,
                                      {"--scale", "-t", "--timeout", "--wait-timeout", "--build-arg", "-u",
                                       "--user", "-e", "--env", "-w", "--workdir", "--name", "--entrypoint",
                                       "--tail", "--since", "--index", "-m", "--pull", "--exit-code-from"},
                                      runs);
  if (!state.on_server) return;  // of the runner: for its tests
  const std::string whole = (words[0] == "compose" ? "docker " : "") + joined(words);
  if (verb == "exec" || verb == "run") return container_command(all, i, rest, verb, false, state);
  if (verb == "down" && rest.has({"-v", "--volumes"})) return deletes(whole, at);
  if (verb == "rm" && rest.has({"-v"})) return deletes(whole, at);
  if (one_of(verb, {"down", "stop", "rm", "kill"})) {
    out_.leave(at, whole, "belay keeps the old container until the new one is known to be good");
    return;
  }
  if (verb == "restart" && rest.words.empty())
    return out_.leave(at, whole, "belay starts new containers, and leaves the others as they run");
  if (verb == "restart") {
    std::vector<std::string> typed = {"docker", "compose"};
    for (const auto& [option, value] : global.options) {
      typed.push_back(option);
      if (!value.empty()) typed.push_back(value);
    }
    typed.emplace_back("restart");
    hook(all, i, {.service = rest.words[0], .command = shell_text(words_with_sudo(typed, rest.words))},
         state);
    return;
  }
  if (!one_of(verb, {"up", "build", "pull", "create", "start"})) return;
  ComposeCall made;
  made.at = at;
  made.verb = verb;
  made.files = global.values({"-f", "--file"});
  if (const auto file = state.variables.find("COMPOSE_FILE");
      made.files.empty() && file != state.variables.end())
    made.files = split(file->second, ':');
  made.project = global.value({"-p", "--project-name"});
  if (const auto name = state.variables.find("COMPOSE_PROJECT_NAME");
      made.project.empty() && name != state.variables.end())
    made.project = name->second;
  made.env_files = global.values({"--env-file"});
  made.directory = state.directory;
  made.services = rest.words;
  made.builds = verb == "build" || rest.has({"--build"});
  if (global.has({"--profile"}) || state.variables.contains("COMPOSE_PROFILES"))
    out_.leave(at, "--profile " + global.value({"--profile"}),
               "belay.yml has no profiles: name the services in `services`");
  if (global.has({"--project-directory"}))
    out_.leave(at, "--project-directory " + global.value({"--project-directory"}),
               "compare the directory with `source` and `compose`");
  if (rest.has({"--scale"}))
    out_.leave(at, "--scale " + rest.value({"--scale"}), "write deploy.replicas in the compose file");
  for (const std::string_view option : {"--force-recreate", "--no-cache"})
    if (rest.has({option}))
      out_.leave(at, std::string(option), "belay makes a new container for each release");
  out_.compose.push_back(std::move(made));
}

// `exec SERVICE COMMAND`: a migration, a dump, a check, or something that belay has no place for.
void ShellWalk::container_command(const Lines& all, std::size_t i, const Arguments& given,
                                  std::string_view how, bool by_container, ShellState& state) {
  if (given.words.size() < 2) {
    if (how == "run" && given.words.size() == 1 && state.on_server)
      out_.migrations.push_back({place(all[i], state), given.words[0], "", "", false, is_hidden(all, i)});
    return;
  }
  const Place at = place(all[i], state);
  std::vector<std::string> words(given.words.begin() + 1, given.words.end());
  const bool by_shell = words.size() >= 3 && one_of(words[0], {"sh", "bash", "/bin/sh", "/bin/bash"}) &&
                        one_of(words[1], {"-c", "-lc", "-ec"});
  if (by_shell) words = {words[2]};
  // In quotes the dollars belong to the container's shell.
  std::string command_text = by_shell ? words[0] : shell_text(words);
  if (const std::string directory = given.value({"-w", "--workdir"}); !directory.empty())
    command_text = fmt::format("cd {} && {}", directory, command_text);
  const auto dump =
      std::ranges::find_if(words, [](const std::string& word) { return word.starts_with("pg_dump"); });
  if (dump != words.end() && *dump != "pg_dumpall") {
    if (words.size() == 1) {
      std::ranges::replace(words[0], plain_dollar, '$');
      const Lines inside = parse_shell(words[0], at.line);
      if (!inside.empty()) words = words_of(inside[0].words, state);
    }
    const auto program = std::ranges::find(words, "pg_dump");
    if (program != words.end())
      return backup(all, i, words, static_cast<std::size_t>(program - words.begin()), given.words[0],
                    by_container, state);
  }
  const std::string program = by_shell ? words[0].substr(0, words[0].find(' ')) : words[0];
  if (says_nothing(program)) return;
  if (is_dangerous(command_text)) {
    out_.leave(at, command_text, "it deletes or makes data: not taken over as a migration", true);
    return;
  }
  if (const std::string user = given.value({"-u", "--user"}); !user.empty() && state.on_server)
    out_.leave(at, "--user " + user, "the command runs as the image's own user");
  if (is_migration(command_text)) {
    out_.migrations.push_back({at, by_container ? "" : given.words[0], by_container ? given.words[0] : "",
                               command_text, how == "exec", is_hidden(all, i)});
    return;
  }
  if (!state.on_server || one_of(program, {"curl", "wget", "pg_isready", "nc"})) {
    if (state.on_server)
      out_.leave(at, command_text, "a check inside a container: write it as the service's healthcheck");
    return;
  }
  if (is_seed(command_text))
    out_.leave(at, command_text, "it makes data at each deployment: see whether it is meant to", true);
  hook(all, i,
       {.service = by_container ? "" : given.words[0],
        .container = by_container ? given.words[0] : "",
        .command = command_text,
        .in_new_container = how == "run"},
       state);
}

void ShellWalk::backup(const Lines& all, std::size_t i, const std::vector<std::string>& words,
                       std::size_t program, const std::string& target, bool by_container, ShellState& state) {
  const Arguments given = arguments_of(words, program + 1,
                                       {"-U", "--username", "-d", "--dbname", "-h", "--host", "-p", "-F",
                                        "--format", "-f", "--file", "-n", "-t", "-Z", "-j", "-T", "-N"},
                                       false);
  BackupFound made;
  made.at = place(all[i], state);
  (by_container ? made.container : made.service) = target;
  made.user = given.value({"-U", "--username"});
  made.database = given.value({"-d", "--dbname"});
  if (made.database.empty() && !given.words.empty()) made.database = given.words.back();
  // The file may be named further down the pipe.
  for (std::size_t at = i; at < all.size() && (at == i || all[at].joined == "|"); ++at)
    for (const ShellLine::Redirect& one : all[at].redirects) {
      if (!one.operation.starts_with('>')) continue;
      std::string file = text_of(one.target, state);
      file = file.substr(0, std::min(file.find("$("), file.find('`')));
      const std::size_t slash = file.rfind('/');
      if (slash != std::string::npos) made.directory = path_of(file.substr(0, slash), {});
    }
  out_.backups.push_back(std::move(made));
}

// `ls -t … | tail -n +6 | xargs rm`: the newest five are kept.
void ShellWalk::rotation(const Lines& all, std::size_t i, const std::vector<std::string>& words,
                         ShellState& state) {
  if (all[i].joined != "|" || out_.backups.empty() || !state.on_server) return;
  for (const std::string& word : words) {
    const std::size_t plus = word.find('+');
    if (plus == std::string::npos || !is_number(word.substr(plus + 1))) continue;
    const int first = std::stoi(word.substr(plus + 1));
    if (first > 1) out_.backups.back().keep = first - 1;
  }
}

}  // namespace belay::importer
