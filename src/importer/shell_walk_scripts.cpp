#include <algorithm>

#include <fmt/core.h>

#include "importer/command_words.hpp"
#include "importer/script_paths.hpp"
#include "importer/shell_walk.hpp"

/// Scripts that a script runs: of the repository, and those that only the server has.
namespace belay::importer {
namespace {

// What a login shell reads, and files of variables: no deployment, and perhaps secrets.
bool is_of_the_shell(std::string_view path) {
  const auto folders = split(path, '/');
  const bool is_hidden_file = std::ranges::any_of(
      folders, [](const std::string& name) { return name.starts_with('.') && name != "." && name != ".."; });
  return is_hidden_file || !path.ends_with(".sh") || path.starts_with("/etc/");
}

// The server's bytes go into a file and onto a terminal.
std::string printable(std::string text) {
  for (char& c : text)
    if ((static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t' && c != '\r') || c == '\x7f') c = ' ';
  return text;
}

// "#!/usr/bin/env python3" → "python3"; empty: it is one of a shell.
std::string other_language(std::string_view text) {
  if (!text.starts_with("#!")) return "";
  const auto words = split(trimmed(text.substr(2, text.find('\n') - 2)), ' ');
  for (const std::string& word : words) {
    const std::string name = word.substr(word.rfind('/') + 1);
    if (name.empty() || name == "env" || name.starts_with('-')) continue;
    return one_of(name, {"sh", "bash", "dash", "zsh", "ash", "ksh", "busybox"}) ? "" : name;
  }
  return "";
}

std::string replaced_all(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

}  // namespace

void ShellWalk::script_file(const std::vector<std::string>& words, const ShellLine& line, ShellState& state) {
  std::size_t w = one_of(words[0], {"bash", "sh", "source", "."}) ? 1 : 0;
  while (w < words.size() && words[w].starts_with('-') && words[w] != "-c" && words[w] != "-lc" &&
         words[w] != "-ec")
    w += words[w].ends_with('o') && !words[w].starts_with("--") ? 2 : 1;  // -euo pipefail
  if (w >= words.size()) return;
  if (words[w].starts_with('-')) {  // -c SCRIPT
    if (w + 1 >= words.size()) return;
    std::string inside = words[w + 1];
    std::ranges::replace(inside, plain_dollar, '$');
    ++state.depth;
    read(inside, line.line, state);
    --state.depth;
    return;
  }
  std::string path = words[w];
  while (path.starts_with("./")) path.erase(0, 2);
  if (path.ends_with(".env") || path.find(".env.") != std::string::npos) return;
  const SourceFile* const file = script_of_repository(path, state);
  if (!file) return server_script(words, w, line, state);
  const std::string there = state.on_server ? server_path(words[w], state) : "";
  script_text(file->text,
              {file->path,
               there.empty() ? path : there,
               {words.begin() + static_cast<std::ptrdiff_t>(w), words.end()},
               one_of(words[0], {"source", "."})},
              place(line, state), state);
}

// The server's directory is the repository's once it is synced.
const SourceFile* ShellWalk::script_of_repository(const std::string& path, const ShellState& state) const {
  const SourceFile* file = repository_.find(path);
  if (!file && !state.test_directory.empty()) file = repository_.find(state.test_directory + "/" + path);
  if (file) return file;
  if (path.starts_with('/')) {
    for (const Transport& sent : out_.transports)
      if (state.on_server && !sent.target.empty() && path.starts_with(sent.target + "/"))
        if (const SourceFile* const sent_file = repository_.find(path.substr(sent.target.size() + 1)))
          return sent_file;
    return nullptr;
  }
  if (state.at.file.find(':') != std::string::npos) return nullptr;  // a script of the server names its own
  for (const SourceFile& one : repository_.files)
    if (one.path.ends_with("/" + path)) file = &one;
  return file;
}

// Absolute, or below the login's home. Empty: only the server knows.
std::string ShellWalk::server_path(const std::string& typed, const ShellState& state) const {
  std::string path = path_of(typed, state);
  for (const std::string_view home : {"$HOME/", "${HOME}/"})
    if (path.starts_with(home)) path = "~/" + path.substr(home.size());
  const bool is_placed = path.starts_with('/') || path.starts_with("~/") || path.starts_with(ci_begin);
  if (!is_placed && (path.starts_with('~') || state.server.empty())) return "";
  if (!is_placed) path = "~/" + path;
  if (!is_known(path) || path.find_first_of("?*[\n") != std::string::npos) return "";
  return as_belay_text(without_dots(path));
}

void ShellWalk::server_script(const std::vector<std::string>& words, std::size_t word, const ShellLine& line,
                              ShellState& state) {
  const bool is_sourced = one_of(words[0], {"source", "."});
  if (!state.on_server || (is_sourced && is_of_the_shell(words[word]))) return;
  const Place at = place(line, state);
  const std::string called = joined(words), path = server_path(words[word], state);
  const bool is_noted = std::ranges::any_of(out_.server_scripts, [&](const ServerScript& one) {
    return one.server == state.server && one.path == path;
  });
  if (!is_noted || path.empty()) out_.server_scripts.push_back({state.server, path, at});
  if (path.empty())
    return out_.leave(at, called,
                      "a script that lies on the server alone, in a place that only the server knows: put it "
                      "into the repository");
  const ServerFile* const file = repository_.on_server(state.server, path);
  if (!file)
    return out_.leave(at, called,
                      "a script that lies on the server alone: `belay init --from-server` reads it there");
  if (!file->why_not.empty())
    return out_.leave(at, called,
                      "a script that lies on the server alone, and was not read: " + file->why_not);
  if (const std::string other = other_language(file->text); !other.empty())
    return out_.leave(
        at, called,
        fmt::format("a script that lies on the server alone, for {}: belay init reads those of a "
                    "shell",
                    other));
  const WithoutSecrets safe = without_secrets(printable(file->text));
  const std::string name = shown_on(state.server, path);
  for (const WithoutSecrets::Hidden& hidden : safe.hidden)
    out_.leave({name, hidden.line}, hidden.name,
               "its value stands in the server's script: the draft names the variable, and not the value",
               true);
  script_text(safe.text,
              {name, path, {words.begin() + static_cast<std::ptrdiff_t>(word), words.end()}, is_sourced}, at,
              state);
}

// A script in a script. What a sourced one sets is set for those after it.
void ShellWalk::script_text(std::string_view text, const ScriptCall& call, const Place& at,
                            ShellState& state) {
  if (std::ranges::find(state.open, call.file) != state.open.end())
    return out_.leave(at, joined(call.words), "a script that runs itself again: it is read once");
  if (state.depth >= deepest_call)
    return out_.leave(
        at, joined(call.words),
        fmt::format("scripts that run scripts, more than {} deep: this one is not read", deepest_call));
  ShellState inside = state;
  inside.at = {call.file, 1};
  inside.depth = state.depth + 1;
  inside.open.push_back(call.file);
  inside.loops.clear();
  inside.ways.clear();
  inside.case_value.reset();
  inside.in_case_pattern = inside.case_is_skipped = false;
  if (!call.is_sourced || call.words.size() > 1) {
    inside.arrays["@"] = {call.words.begin() + 1, call.words.end()};
    for (std::size_t a = 1; a < 10; ++a) {
      inside.variables.erase(std::to_string(a));
      if (a < call.words.size()) inside.variables[std::to_string(a)] = call.words[a];
    }
  }
  if (state.on_server && !call.is_sourced) inside.variables["0"] = call.path;
  if (state.on_server) inside.variables["BASH_SOURCE"] = call.path;
  read(replaced_all(std::string(text), "${BASH_SOURCE[0]}", "${BASH_SOURCE}"), 1, inside);
  if (!call.is_sourced) return;
  for (const std::string_view own : {"BASH_SOURCE", "1", "2", "3", "4", "5", "6", "7", "8", "9"}) {
    const auto before = state.variables.find(std::string(own));
    inside.variables.erase(std::string(own));
    if (before != state.variables.end()) inside.variables.insert(*before);
  }
  inside.arrays["@"] = state.arrays["@"];
  state.variables = inside.variables;
  state.arrays = inside.arrays;
  state.functions = inside.functions;
  state.ssh_hosts = inside.ssh_hosts;
  state.directory = inside.directory;
}

}  // namespace belay::importer
