#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "importer/command_words.hpp"
#include "importer/shell_walk.hpp"

namespace belay::importer {
namespace {

const std::initializer_list<std::string_view> ssh_options = {"-p", "-i", "-o", "-l", "-J", "-F",
                                                             "-L", "-R", "-D", "-W", "-E", "-c",
                                                             "-m", "-b", "-e", "-S", "-w", "-P"};

// scp FILE host:/srv/app/.env: the directory, and the file's name there.
void name_apart(Transport& copy) {
  const std::size_t slash = copy.target.rfind('/');
  if (copy.sources.size() != 1 || slash == std::string::npos || slash == 0 || slash + 1 == copy.target.size())
    return;
  const std::string name = copy.target.substr(slash + 1);
  const std::string source = copy.sources[0].substr(copy.sources[0].rfind('/') + 1);
  const bool is_file = name.find(".env") != std::string::npos || name.ends_with(".yml") ||
                       name.ends_with(".yaml") || (name == source && name.find('.') != std::string::npos);
  if (!is_file) return;
  copy.as_name = name;
  copy.target.resize(slash);
}

}  // namespace

// Returns the login as belay.yml has it.
std::string ShellWalk::destination(const std::string& text, const std::string& port, const Place& at,
                                   ShellState& state) {
  std::string user, host = text;
  if (const std::size_t sign = text.rfind('@'); sign != std::string::npos) {
    user = text.substr(0, sign);
    host = text.substr(sign + 1);
  }
  std::string known_port = port;
  if (const auto alias = state.ssh_hosts.find(host); alias != state.ssh_hosts.end()) {
    if (user.empty()) user = alias->second[1];
    if (known_port.empty()) known_port = alias->second[2];
    if (!alias->second[0].empty()) host = alias->second[0];
  }
  if (host.empty()) return "";
  if (out_.host) {
    if (out_.host->text != host) {
      out_.leave(at, host, "a second host: an environment has one; write another environment for this one");
      return server_name(user, host, known_port);
    }
    if (!out_.user && !user.empty()) out_.user = Found{user, at};
    if (!out_.port && !known_port.empty()) out_.port = Found{known_port, at};
    return server_name(out_.user ? out_.user->text : "", host, out_.port ? out_.port->text : "");
  }
  out_.host = Found{host, at};
  if (!user.empty()) out_.user = Found{user, at};
  if (!known_port.empty()) out_.port = Found{known_port, at};
  return server_name(user, host, known_port);
}

void ShellWalk::ssh(const Lines& all, std::size_t i, const std::vector<std::string>& words,
                    ShellState& state) {
  const Place at = place(all[i], state);
  const Arguments given = arguments_of(words, 1, ssh_options, true);
  for (const std::string& option : given.values({"-o"}))
    if (option.find("StrictHostKeyChecking=no") != std::string::npos ||
        option.find("StrictHostKeyChecking=accept-new") != std::string::npos)
      out_.leave(at, option, "it accepts any key; belay pins the host's key (host_key)");
  if (given.has({"-J"})) out_.leave(at, "-J " + given.value({"-J"}), "a host on the way: write it as jump");
  if (given.words.empty() || state.on_server) return;
  std::string to = given.words[0];
  if (given.has({"-l"}) && to.find('@') == std::string::npos) to = given.value({"-l"}) + "@" + to;
  const std::string server = destination(to, given.value({"-p"}), at, state);
  // The rest of the options may come after the destination.
  const Arguments after = arguments_of(given.words, 1, ssh_options, true);
  remote(all, i, after.words, server, state);
}

// What is run there: the words of the ssh, a here-document, a file, or what a pipe brings.
void ShellWalk::remote(const Lines& all, std::size_t i, const std::vector<std::string>& command_words,
                       const std::string& server, ShellState& state) {
  const ShellLine& line = all[i];
  ShellState there;
  there.at = state.at;
  there.on_server = true;
  there.server = server;
  there.depth = state.depth + 1;
  const auto as_there = [](std::string text) {
    std::ranges::replace(text, plain_dollar, '$');
    return text;
  };
  const std::string command = as_there(joined(command_words));
  const auto shell = arguments_of(command_words, 0, {}, true);
  const bool is_shell = !command_words.empty() && one_of(command_words[0], {"bash", "sh", "sudo"}) &&
                        command.find(" -c") == std::string::npos && command.find("&&") == std::string::npos &&
                        command.find(';') == std::string::npos;
  bool input = false;
  if (command_words.empty() || is_shell) {
    // `bash -s -- production`: its parameters.
    const auto dashes = std::ranges::find(command_words, "--");
    const std::size_t first = dashes != command_words.end()
                                  ? static_cast<std::size_t>(dashes - command_words.begin()) + 1
                                  : std::size_t{2};
    for (std::size_t w = first; w < command_words.size() && w - first < 9; ++w)
      there.variables[std::to_string(w - first + 1)] = command_words[w];
    for (const ShellLine::Redirect& one : line.redirects) {
      if (one.operation == "<<") {
        const std::string body = one.expands ? as_there(text_of(one.target, state)) : one.target;
        read(body, one.line, there);
        input = true;
      } else if (one.operation == "<<<") {
        read(as_there(text_of(one.target, state)), line.line, there);
        input = true;
      } else if (one.operation == "<") {
        const std::string path = text_of(one.target, state);
        if (const SourceFile* const file = repository_.find(path_of(path, {}))) {
          there.at = {file->path, 1};
          read(file->text, 1, there);
        } else {
          out_.leave(place(line, state), path,
                     "the script that runs on the server was not found in the repository");
        }
        input = true;
      }
    }
    if (!input && line.joined == "|" && i > 0) {
      const auto before = words_of(all[i - 1].words, state);
      std::string text;
      for (const ShellLine::Redirect& one : all[i - 1].redirects)
        if (one.operation == "<<") text += one.expands ? as_there(text_of(one.target, state)) : one.target;
      const SourceFile* const file =
          before.size() == 2 && before[0] == "cat" ? repository_.find(path_of(before[1], {})) : nullptr;
      if (text.empty() && !before.empty() && one_of(before[0], {"printf", "echo"}))
        for (std::size_t w = before.size() > 2 ? 2 : 1; w < before.size(); ++w) text += before[w] + "\n";
      if (file) there.at = {file->path, 1};
      read(file ? file->text : as_there(text), file ? 1 : line.line, there);
      input = file || !text.empty();
    }
  }
  if (!input) there.input = input_of(all, i, state);
  if (!input && !command_words.empty() && !(is_shell && shell.words.size() == 1)) {
    read(command, line.line, there);
    return;
  }
  if (!input && command_words.empty())
    out_.leave(place(line, state), "ssh without a command",
               "what it runs stands on the server and cannot be read");
}

void ShellWalk::rsync(const std::vector<std::string>& words, const Place& at, ShellState& state) {
  const Arguments given = arguments_of(words, 1,
                                       {"-e", "--rsh", "--exclude", "--exclude-from", "--include",
                                        "--rsync-path", "--port", "--filter", "-f", "--chmod", "--chown"},
                                       false);
  if (given.words.size() < 2) return;
  const std::string to = given.words.back();
  const std::size_t colon = to.find(':');
  if (colon == std::string::npos) return;
  const std::string shell = given.value({"-e", "--rsh"});
  const Arguments remote_shell = arguments_of(split(shell, ' '), 1, ssh_options, false);
  if (shell.find("StrictHostKeyChecking=no") != std::string::npos)
    out_.leave(at, "StrictHostKeyChecking=no", "it accepts any key; belay pins the host's key (host_key)");
  destination(to.substr(0, colon), remote_shell.value({"-p"}), at, state);
  Transport made{Transport::Kind::rsync, at, {given.words.begin(), given.words.end() - 1},
                 to.substr(colon + 1),   {}, false};
  made.excludes = given.values({"--exclude"});
  for (const std::string& name : given.values({"--exclude-from"})) {
    const SourceFile* const file = repository_.find(path_of(name, {}));
    if (!file) out_.leave(at, "--exclude-from " + name, "the file was not found in the repository");
    for (const std::string& row : split(file ? file->text : "", '\n'))
      if (!trimmed(row).empty() && !row.starts_with('#')) made.excludes.push_back(trimmed(row));
  }
  made.removes =
      std::ranges::any_of(given.options, [](const auto& one) { return one.first.starts_with("--del"); });
  for (const std::string_view option : {"--include", "--filter"})
    if (given.has({option}))
      out_.leave(at, fmt::format("{} {}", option, given.value({option})), "belay.yml has sync.exclude alone");
  out_.transports.push_back(std::move(made));
}

void ShellWalk::scp(const std::vector<std::string>& words, const Place& at, ShellState& state) {
  const Arguments given = arguments_of(words, 1, ssh_options, false);
  if (given.words.size() < 2) return;
  const std::string to = given.words.back();
  const std::size_t colon = to.find(':');
  if (colon == std::string::npos) return;  // it fetches
  destination(to.substr(0, colon), given.value({"-P"}), at, state);
  Transport made{Transport::Kind::copy, at, {given.words.begin(), given.words.end() - 1},
                 to.substr(colon + 1),  {}, false};
  std::erase_if(made.sources, [&](const std::string& source) { return out_.is_archive(source); });
  if (made.sources.empty()) return;  // what it unpacks to is the transport
  name_apart(made);
  out_.transports.push_back(std::move(made));
}

}  // namespace belay::importer
