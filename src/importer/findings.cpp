#include "importer/findings.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "importer/command_words.hpp"
#include "importer/expression.hpp"
#include "importer/shell_walk.hpp"

namespace belay::importer {
namespace {

// What an action's input means, whatever action it is: they were named by many people.
const std::initializer_list<std::string_view> host_inputs = {
    "host", "remote_host", "REMOTE_HOST", "ssh_host", "hostname", "server", "ssh-host", "server_ip", "HOST"};
const std::initializer_list<std::string_view> user_inputs = {
    "username", "user", "remote_user", "REMOTE_USER", "ssh_user", "ssh-user", "USER"};
const std::initializer_list<std::string_view> port_inputs = {"port",     "remote_port", "REMOTE_PORT",
                                                             "ssh_port", "ssh-port",    "PORT"};
const std::initializer_list<std::string_view> key_inputs = {
    "key",         "remote_key",      "private_key",     "privateKey",
    "private-key", "ssh-private-key", "SSH_PRIVATE_KEY", "ssh_private_key",
    "ssh_key",     "ssh-key"};
const std::initializer_list<std::string_view> script_inputs = {
    "script", "command", "commands", "run", "SCRIPT_BEFORE", "SCRIPT_AFTER", "args_script"};
const std::initializer_list<std::string_view> target_inputs = {
    "target", "remote_path", "TARGET", "remote", "dest", "destination", "remote-path"};
const std::initializer_list<std::string_view> source_inputs = {"source", "path", "SOURCE", "local", "src"};

bool is_setup(std::string_view program) {
  return one_of(program, {"apt-get", "apt", "sudo", "brew", "curl", "wget"});
}

class JobReader {
 public:
  JobReader(const Repository& repository, const CiWorkflow& workflow, const CiJob& job,
            const std::string& branch)
      : repository_(repository), workflow_(workflow), job_(job), branch_(branch) {
    if (workflow.kind != CiWorkflow::Kind::script) add_env(workflow.env, scope_);
    if (workflow.kind == CiWorkflow::Kind::gitlab && !branch.empty())
      for (const char* name : {"CI_COMMIT_BRANCH", "CI_COMMIT_REF_NAME"}) scope_[name] = branch;
    if (workflow.kind == CiWorkflow::Kind::github && !branch.empty()) {
      scope_["GITHUB_REF_NAME"] = branch;
      scope_["GITHUB_REF"] = "refs/heads/" + branch;
    }
    for (const auto& [name, values] : job.matrix)
      if (values.size() == 1) contexts_["matrix." + name] = replaced(values.front(), job.at);
    add_env(job.env, scope_);
  }

  Findings read() {
    if (job_.on_the_server) out_.local = true;
    for (const auto& [name, values] : job_.matrix)
      if (values.size() > 1)
        out_.leave(job_.at, "matrix." + name,
                   "each value is an environment of its own: write the others beside this one");
    for (const auto& [at, image] : job_.services)
      out_.leave(at, "service " + image, "belay starts nothing for the tests: let it run where they run");
    for (const CiStep& step : job_.steps) one_step(step);
    return std::move(out_);
  }

 private:
  std::string replaced(std::string_view text, const Place& at) {
    return Expressions{branch_, contexts_,
                       [&](const std::string& taken) {
                         out_.leave(at, taken,
                                    "the default was taken: belay.yml has no defaults of variables");
                       }}
        .replaced(text);
  }

  void add_env(const std::vector<std::pair<std::string, std::string>>& env, Scope& scope) {
    for (const auto& [name, value] : env) {
      const std::string text = replaced(value, job_.at);
      const bool one_line = text.find('\n') == std::string::npos;
      scope[name] = one_line ? text : ci_variable(name);
      contexts_["env." + name] = scope[name];
    }
  }

  void one_step(const CiStep& step) {
    const std::optional<bool> holds = Expressions{branch_, contexts_, {}}.holds(step.condition);
    if (step.condition.find("failure()") != std::string::npos) {
      out_.leave(step.at, step.name.empty() ? "a step for failures" : step.name,
                 "belay undoes a release that fails by itself");
      return;
    }
    if (holds == false) return;
    Scope scope = scope_;
    add_env(step.env, scope);
    if (!step.uses.empty()) {
      action(step, scope);
    } else if (!step.script.empty()) {
      script(step, scope);
    }
  }

  void script(const CiStep& step, const Scope& scope) {
    ShellState state;
    state.at = step.at;
    state.variables = scope;
    state.test_directory = step.working_directory;
    state.on_server = on_server();
    const std::size_t before = deployed(), local_before = out_.local_commands.size();
    out_.runner_commands.clear();
    const bool is_after = out_.deploys();
    ShellWalk walk(repository_, out_);
    for (const Piece& piece : step.script) {
      state.at = {piece.file.empty() ? step.at.file : piece.file, piece.line};
      walk.read(replaced(piece.text, state.at), piece.line, state);
    }
    for (const auto& [name, value] : state.ci_environment) scope_[name] = contexts_["env." + name] = value;
    for (const auto& [name, value] : state.ci_outputs)
      contexts_["steps." + step.id + ".outputs." + name] = value;
    if (!state.ci_environment.empty() || !state.ci_outputs.empty()) return;
    if (deployed() != before || workflow_.kind == CiWorkflow::Kind::script) return list_runner_commands();
    out_.local_commands.resize(local_before);
    if (!is_after)
      tests(step, scope);
    else if (step.script.front().text.find(".ssh/") == std::string::npos && !only_tells(step))
      out_.leave(step.at, step.name.empty() ? step.script.front().text : step.name,
                 "a step after the deployment: keep it after belay");
  }

  void list_runner_commands() {
    for (const Found& one : out_.runner_commands)
      out_.leave(one.at, one.text.substr(one.text.find('\x04') + 1),
                 "a command of the runner: write it under test if it is a check, else keep it as a step "
                 "before belay");
  }

  static bool only_tells(const CiStep& step) {
    return std::ranges::all_of(step.script, [](const Piece& piece) {
      return std::ranges::all_of(parse_shell(piece.text, 1), [](const ShellLine& line) {
        return line.words.empty() || says_nothing(line.words[0]);
      });
    });
  }

  // A script without any ssh is typed on the server; and a runner of one's own may be the server.
  bool on_server() const {
    if (job_.on_the_server) return true;
    if (workflow_.kind != CiWorkflow::Kind::script) return false;
    for (const Piece& piece : job_.steps.front().script)
      for (const std::string_view sign : {"ssh ", "scp ", "rsync ", "ssh://", "SSH"})
        if (piece.text.find(sign) != std::string::npos) return false;
    return true;
  }

  std::size_t deployed() const {
    return out_.compose.size() + out_.transports.size() + out_.directories.size() + out_.health.size() +
           out_.pushed_images.size() + out_.set_variables.size() + out_.not_taken.size() + out_.files.size() +
           out_.hooks.size() + out_.archives.size() + (out_.host ? 1 : 0) + (out_.ssh_key ? 1 : 0);
  }

  // A step that does nothing with the server: its commands are a gate.
  void tests(const CiStep& step, const Scope& scope) {
    for (const Piece& piece : step.script) {
      const std::string& file = piece.file.empty() ? step.at.file : piece.file;
      const std::string text = replaced(piece.text, {file, piece.line});
      const auto lines = parse_shell(text, piece.line);
      if (lines.empty()) continue;
      const bool simple = std::ranges::all_of(lines, [](const ShellLine& line) {
        return line.keywords.empty() && !line.words.empty() && line.joined.empty() &&
               line.assignments.empty() && line.redirects.empty() &&
               !one_of(line.words[0], {"cd", "export", "set", "source", "."});
      });
      if (std::ranges::all_of(lines, [](const ShellLine& line) {
            return !line.words.empty() && says_nothing(line.words[0]);
          }))
        continue;
      if (text.find("GITHUB_OUTPUT") != std::string::npos || text.find("GITHUB_ENV") != std::string::npos ||
          lines[0].is("docker") || lines[0].is("docker-compose") || lines[0].is("eval") ||
          lines[0].is("ssh-add") || (!lines[0].words.empty() && is_setup(lines[0].words[0]))) {
        if (!lines[0].is("eval") && !lines[0].is("ssh-add"))
          out_.leave({file, lines[0].line}, trimmed(text),
                     "a preparation of the runner: belay's tests run in a clean checkout");
        continue;
      }
      if (!simple) {
        add_test(step, scope,
                 lines.size() == 1 || text.find('\n') == std::string::npos ? trimmed(text)
                                                                           : "set -e\n" + trimmed(text),
                 {file, piece.line});
        continue;
      }
      const auto rows = split(text, '\n');
      for (const ShellLine& line : lines) {
        std::string command;
        for (int row = line.line; row <= line.last_line && row - piece.line < static_cast<int>(rows.size());
             ++row) {
          const std::string one = trimmed(rows[static_cast<std::size_t>(row - piece.line)]);
          if (row == line.line || command.ends_with('\\'))
            command =
                command.ends_with('\\') ? trimmed(command.substr(0, command.size() - 1)) + " " + one : one;
        }
        if (!says_nothing(line.words[0])) add_test(step, scope, command, {file, line.line});
      }
    }
  }

  void add_test(const CiStep& step, const Scope& scope, std::string command, const Place& at) {
    if (!is_known_expression(command)) {
      out_.leave(at, command, "it depends on what only the CI knows");
      return;
    }
    for (const auto& [name, value] : step.env)
      if (const auto found = scope.find(name);
          found != scope.end() && is_known(found->second) && !has_ci_variable(found->second) &&
          found->second.find('\'') == std::string::npos && command.find('\n') == std::string::npos)
        command = fmt::format("{}='{}' {}", name, found->second, command);
      else if (found != scope.end() && has_ci_variable(found->second) &&
               command.find('\n') == std::string::npos)
        command = fmt::format("{}=\"{}\" {}", name, found->second, command);
    out_.tests.push_back(
        {step.working_directory.empty() ? command : step.working_directory + "\x04" + command, at});
  }
  // What the expressions left behind: $(matrix.node).
  static bool is_known_expression(std::string_view command) {
    return command.find("$(matrix.") == std::string_view::npos &&
           command.find("$(steps.") == std::string_view::npos &&
           command.find("$(needs.") == std::string_view::npos &&
           command.find("$(inputs.") == std::string_view::npos &&
           command.find("$(github.") == std::string_view::npos;
  }

  std::optional<Found> input(const CiStep& step, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
      if (const auto found = step.with.find(std::string(name));
          found != step.with.end() && !found->second.text.empty())
        return Found{replaced(found->second.text, {step.at.file, found->second.line}),
                     {step.at.file, found->second.line}};
      for (const auto& [key, value] : step.env)
        if (key == name && name.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string_view::npos &&
            !value.empty())
          return Found{replaced(value, step.at), step.at};
    }
    return std::nullopt;
  }

  void action(const CiStep& step, const Scope& scope) {
    const std::string name = step.uses.substr(0, step.uses.find('@'));
    if (name == "docker/build-push-action") {
      if (const auto tags = input(step, {"tags"}))
        for (const std::string& tag : split(tags->text, '\n'))
          if (!trimmed(tag).empty()) out_.pushed_images.push_back(trimmed(tag));
      return;
    }
    if (name.find("ssh-agent") != std::string::npos || name.find("ssh-key") != std::string::npos) {
      key(input(step, key_inputs));
      return;
    }
    if (const auto host = input(step, host_inputs)) return to_server(step, scope, *host);
    if (environment_file(step)) return;
    if (one_of(name.substr(0, name.find('/')),
               {"actions", "docker", "pnpm", "oven-sh", "astral-sh", "gradle"})) {
      if (name.find("/setup-") != std::string::npos && name.find("docker/") == std::string::npos)
        out_.leave(step.at, step.uses, "belay's tests use what is installed: keep this step before belay");
      return;
    }
    out_.leave(step.at, step.uses, "an action that belay does not know: keep it as a step if it is needed");
  }

  // An action that writes a file of variables: envkey_NAME is a line of it.
  bool environment_file(const CiStep& step) {
    std::string text;
    for (const auto& [key, value] : step.with)
      if (key.starts_with("envkey_"))
        text += fmt::format("{}={}\n", key.substr(7), replaced(value.text, {step.at.file, value.line}));
    if (text.empty()) return false;
    const auto name = input(step, {"file_name"});
    const auto directory = input(step, {"directory"});
    const std::string path = (directory ? directory->text + "/" : "") + (name ? name->text : ".env");
    out_.files.push_back({.at = step.at,
                          .path = path.starts_with("./") ? path.substr(2) : path,
                          .text = text,
                          .starts_anew = true});
    return true;
  }

  void key(const std::optional<Found>& found) {
    if (!found || out_.ssh_key) return;
    const auto names = ci_variables(found->text);
    if (!names.empty()) out_.ssh_key = Found{names.front(), found->at};
  }

  void to_server(const CiStep& step, const Scope& scope, Found host) {
    if (const std::size_t comma = host.text.find(','); comma != std::string::npos) {
      out_.leave(host.at, host.text, "several hosts: each is an environment of its own");
      host.text = trimmed(host.text.substr(0, comma));
    }
    if (out_.host && out_.host->text != host.text)
      out_.leave(host.at, host.text,
                 "a second host: an environment has one; write another environment for this one");
    if (!out_.host) {
      out_.host = host;
      out_.user = input(step, user_inputs);
      out_.port = input(step, port_inputs);
    }
    if (out_.port && out_.port->text == "22") out_.port.reset();
    key(input(step, key_inputs));
    if (const auto print = input(step, {"fingerprint"}); print && !out_.host_key) out_.host_key = print;
    if (const auto secret = input(step, {"password", "passphrase"}))
      out_.leave(secret->at, "password or passphrase", "belay logs in with a key and takes no password over");
    if (const auto proxy = input(step, {"proxy_host"}))
      out_.leave(proxy->at, proxy->text, "a host on the way: write it as jump");
    copied(step);
    for (const std::string_view name : script_inputs)
      if (const auto script = input(step, {name})) remote(step, *script, scope);
    for (const std::string_view name : {"script_path", "script_file"})
      if (const auto path = input(step, {name})) {
        const SourceFile* const file =
            repository_.find(path->text.starts_with("./") ? path->text.substr(2) : path->text);
        if (file)
          remote(step, {file->text, {file->path, 1}}, scope);
        else
          out_.leave(path->at, path->text, "the script was not found in the repository");
      }
  }

  void copied(const CiStep& step) {
    const auto target = input(step, target_inputs);
    const auto source = input(step, source_inputs);
    if (!target && !source) return;
    const bool rsyncs =
        step.uses.find("rsync") != std::string::npos || step.uses.find("easingthemes") != std::string::npos;
    Transport made{rsyncs ? Transport::Kind::rsync : Transport::Kind::copy,
                   source ? source->at : step.at,
                   {},
                   target ? target->text : "",
                   {},
                   false};
    for (std::string part : split(source ? source->text : "", rsyncs ? ' ' : ',')) {
      part = trimmed(part);
      if (!part.empty())
        (part.front() == '!' ? made.excludes : made.sources)
            .push_back(part.front() == '!' ? part.substr(1) : part);
    }
    if (const auto switches = input(step, {"switches", "ARGS", "args"})) {
      for (const ShellLine& line : parse_shell(switches->text, switches->at.line)) {
        const Arguments given = arguments_of(line.words, 0, {"--exclude", "-e", "--exclude-from"}, false);
        for (const std::string& one : given.values({"--exclude"})) made.excludes.push_back(one);
        made.removes = made.removes || std::ranges::any_of(given.options, [](const auto& one) {
                         return one.first.starts_with("--del");
                       });
      }
    }
    if (const auto excluded = input(step, {"EXCLUDE", "exclude"}))
      for (const std::string& one : split(excluded->text, ',')) {
        std::string name = trimmed(one);
        if (name.size() > 1 && name.front() == '/' && name.back() == '/') name = name.substr(1);
        if (!name.empty()) made.excludes.push_back(name);
      }
    std::erase_if(made.sources, [&](const std::string& one) { return out_.is_archive(one); });
    if (made.sources.empty() && source) return;  // what it unpacks to is the transport
    if (const auto removes = input(step, {"rm"}); removes && removes->text == "true")
      out_.leave(removes->at, "rm: true",
                 "it removes the directory first, with the files that only the server has", true);
    out_.transports.push_back(std::move(made));
  }

  void remote(const CiStep& step, const Found& script, const Scope& scope) {
    ShellState there;
    there.at = script.at;
    there.on_server = true;
    if (out_.host)
      there.server =
          server_name(out_.user ? out_.user->text : "", out_.host->text, out_.port ? out_.port->text : "");
    // What is passed on by name (`envs: A,B`), and what an action of any other kind may see.
    if (const auto names = input(step, {"envs"}))
      for (const std::string& one : split(names->text, ','))
        if (const auto value = scope.find(trimmed(one)); value != scope.end()) {
          there.variables[value->first] = value->second;
          out_.set_variables.emplace_back(value->first, Found{value->second, step.at});
        }
    ShellWalk(repository_, out_).read(script.text, script.at.line, there);
  }

  const Repository& repository_;
  const CiWorkflow& workflow_;
  const CiJob& job_;
  std::string branch_;
  Scope scope_, contexts_;
  Findings out_;
};

}  // namespace

HookFound::When Findings::now() const {
  const bool is_up = std::ranges::any_of(
      compose, [](const ComposeCall& call) { return call.verb == "up" || call.verb == "start"; });
  return !is_up           ? HookFound::When::before
         : health.empty() ? HookFound::When::after
                          : HookFound::When::after_health;
}

void Findings::leave(Place at, std::string_view what, std::string why, bool warning) {
  NotTaken one{std::move(at), as_shown(what), std::move(why), warning};
  const bool told = std::ranges::any_of(not_taken, [&](const NotTaken& other) {
    return other.key() == one.key() && other.at.file == one.at.file && other.at.line == one.at.line;
  });
  if (!told) not_taken.push_back(std::move(one));
}

Findings findings_of(const Repository& repository, const CiWorkflow& workflow, const CiJob& job,
                     const std::string& branch) {
  return JobReader(repository, workflow, job, branch).read();
}

}  // namespace belay::importer
