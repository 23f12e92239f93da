#include "importer/shell_walk.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "importer/command_words.hpp"
#include "importer/script_paths.hpp"

namespace belay::importer {
namespace {

constexpr std::size_t most_steps = 20000;  // commands that are read at all

// The whole word is `$NAME` or `${NAME}`.
std::string lone_variable(std::string_view word) {
  if (!word.starts_with('$')) return "";
  word.remove_prefix(1);
  if (word.starts_with('{') && word.ends_with('}')) word = word.substr(1, word.size() - 2);
  return is_name(word) ? std::string(word) : "";
}

std::string spliced_array(std::string_view word) {
  if (!word.starts_with("${")) return "";
  for (const std::string_view end : {"[@]}", "[*]}"})
    if (word.ends_with(end)) return std::string(word.substr(2, word.size() - 2 - end.size()));
  return "";
}

// `$(seq 1 30)`, `{1..30}`: how often.
std::optional<int> count_of(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0].starts_with("$(seq ") && words[0].ends_with(')')) {
    const auto parts = split(std::string_view(words[0]).substr(6, words[0].size() - 7), ' ');
    if (!std::ranges::all_of(parts, is_number)) return std::nullopt;
    if (parts.size() == 1) return std::stoi(parts[0]);
    if (parts.size() == 2) return std::max(std::stoi(parts[1]) - std::stoi(parts[0]) + 1, 0);
    return std::nullopt;
  }
  if (words.size() == 1 && words[0].starts_with('{') && words[0].ends_with('}')) {
    const std::string inside = words[0].substr(1, words[0].size() - 2);
    const std::size_t dots = inside.find("..");
    if (dots == std::string::npos) return std::nullopt;
    const std::string from = inside.substr(0, dots), to = inside.substr(dots + 2);
    if (!is_number(from) || !is_number(to)) return std::nullopt;
    return std::max(std::stoi(to) - std::stoi(from) + 1, 0);
  }
  return words.size() > 1 ? std::optional(static_cast<int>(words.size())) : std::nullopt;
}

std::string duration_of(const std::string& seconds) {
  if (is_number(seconds)) return seconds + "s";
  const bool unit = seconds.size() > 1 && one_of(seconds.substr(seconds.size() - 1), {"s", "m"});
  return unit && is_number(seconds.substr(0, seconds.size() - 1)) ? seconds : "";
}

// curl URL | sh
bool is_installer(const std::vector<ShellLine>& all, std::size_t i) {
  if (i + 1 >= all.size() || all[i + 1].joined != "|") return false;
  return std::ranges::any_of(all[i + 1].words,
                             [](const std::string& word) { return one_of(word, {"sh", "bash"}); });
}

}  // namespace

bool is_hidden(const std::vector<ShellLine>& lines, std::size_t i) {
  return i + 1 < lines.size() && lines[i + 1].joined == "||" &&
         (lines[i + 1].is("true") || lines[i + 1].is("echo") || lines[i + 1].is(":"));
}

// Whether it is not sure that the command is run.
bool ShellWalk::is_conditional(const Lines& all, std::size_t i, const ShellState& state) const {
  if (!state.loops.empty() || std::ranges::count(state.ways, ShellState::Way::unknown) > 0) return true;
  if (state.case_value && (!is_known(*state.case_value) || has_ci_variable(*state.case_value))) return true;
  if (all[i].joined == "||") return true;
  for (std::size_t before = i; before > 0 && all[before].joined == "&&"; --before)
    if (all[before - 1].is("[") || all[before - 1].is("[[") || all[before - 1].is("test") ||
        all[before - 1].is("grep"))
      return true;
  return false;
}

void ShellWalk::hook(const Lines& all, std::size_t i, HookFound found, const ShellState& state) {
  found.at = place(all[i], state);
  const bool is_piped = all[i].joined == "|" || (i + 1 < all.size() && all[i + 1].joined == "|");
  const bool is_redirected = std::ranges::any_of(
      all[i].redirects, [](const ShellLine::Redirect& one) { return one.target != "/dev/null"; });
  if (is_piped || is_redirected)
    return out_.leave(found.at, found.command, "a pipe or a file of its own: write it as a hook by hand");
  if (is_conditional(all, i, state))
    return out_.leave(found.at, found.command, "it is run under a condition: write it as a hook by hand");
  if (!is_known(found.command))
    return out_.leave(found.at, found.command,
                      "it depends on what only the server knows: write it as a hook by hand");
  found.when = out_.now();
  found.directory = state.directory;
  found.failure_is_hidden = is_hidden(all, i);
  // nginx -t && systemctl reload nginx: one hook, since the second waits for the first.
  const bool goes_on =
      all[i].joined == "&&" && !out_.hooks.empty() && i > 0 && out_.hooks.back().at.line == all[i - 1].line &&
      out_.hooks.back().at.file == found.at.file && out_.hooks.back().service == found.service &&
      out_.hooks.back().container == found.container;
  if (goes_on) {
    out_.hooks.back().command += " && " + found.command;
    out_.hooks.back().failure_is_hidden = found.failure_is_hidden;
    return;
  }
  out_.hooks.push_back(std::move(found));
}

void ShellWalk::read(std::string_view script, int first_line, ShellState& state) {
  if (state.depth > deepest_call) return;
  lines(parse_shell(script, first_line), state);
}

void ShellWalk::lines(const Lines& all, ShellState& state) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (++steps_ > most_steps) return;
    const std::size_t after = function_at(all, i, state);
    if (after != i) {
      i = after - 1;
      continue;
    }
    if (control(all, i, state)) continue;
    const bool skipped =
        state.case_is_skipped || std::ranges::count(state.ways, ShellState::Way::skipped) > 0;
    if (!skipped) command(all, i, state);
  }
}

// `NAME() { … }`: remembers the body. Returns where the reading goes on.
std::size_t ShellWalk::function_at(const Lines& all, std::size_t i, ShellState& state) {
  const auto& words = all[i].words;
  const bool named = !words.empty() && words[0].ends_with("()");
  if (!named && !(all[i].is("function") && words.size() > 1)) return i;
  std::string name = named ? words[0].substr(0, words[0].size() - 2) : words[1];
  if (name.ends_with("()")) name.resize(name.size() - 2);
  int depth = !named && words.back() == "{" ? 1 : 0;
  Lines body;
  std::size_t at = i + 1;
  for (; at < all.size(); ++at) {
    depth += static_cast<int>(std::ranges::count(all[at].keywords, "{"));
    if (all[at].is("}") && --depth <= 0) break;
    if (depth == 0) break;
    body.push_back(all[at]);
  }
  if (!body.empty() && !body.front().keywords.empty()) std::erase(body.front().keywords, "{");
  state.functions[name] = {std::move(body), state.at.file};
  return std::min(at + 1, all.size());
}

// if, case, loops. True: the line is nothing but that.
bool ShellWalk::control(const Lines& all, std::size_t i, ShellState& state) {
  using Way = ShellState::Way;
  const ShellLine& line = all[i];
  if (line.joined == ";;" && state.case_value) state.in_case_pattern = true;
  if (line.is("esac")) {
    state.case_value.reset();
    state.in_case_pattern = state.case_is_skipped = false;
    return true;
  }
  if (line.is("case") && line.words.size() > 2) {
    state.case_value = text_of(line.words[1], state);
    state.in_case_pattern = true;
    state.case_is_skipped = true;
    if (line.words.size() > 3)
      state.case_is_skipped = is_known(*state.case_value) && !has_ci_variable(*state.case_value) &&
                              line.words[3] != *state.case_value && line.words[3] != "*";
    return true;
  }
  if (state.case_value && state.in_case_pattern) {
    const bool ends = std::ranges::find(line.keywords, ")") != line.keywords.end();
    if (!ends) {
      const bool first = line.joined != "|";
      const bool fits = !is_known(*state.case_value) || has_ci_variable(*state.case_value) ||
                        std::ranges::any_of(line.words, [&](const std::string& word) {
                          return word == *state.case_value || word == "*";
                        });
      state.case_is_skipped = first ? !fits : state.case_is_skipped && !fits;
      return true;
    }
    state.in_case_pattern = false;
  }
  for (const std::string& keyword : line.keywords) {
    if (keyword == "if") {
      state.ways.push_back(Way::unknown);
      condition(line, state);
    } else if (keyword == "else" && !state.ways.empty()) {
      Way& way = state.ways.back();
      way = way == Way::taken ? Way::skipped : way == Way::skipped ? Way::taken : Way::unknown;
    } else if (keyword == "elif" && !state.ways.empty()) {
      if (state.ways.back() == Way::taken)
        state.ways.back() = Way::skipped;
      else
        condition(line, state);
    } else if (one_of(keyword, {"while", "until"})) {
      state.loops.push_back({std::nullopt, "", out_.health.size(), true, 0});
      bound(line.words, state);
    }
  }
  if (line.is("fi")) {
    if (!state.ways.empty()) state.ways.pop_back();
    return true;
  }
  if (line.is("for")) {
    begin_loop(line, state);
    return true;
  }
  if (line.is("done")) {
    end_loop(state);
    return true;
  }
  if (line.is("[") || line.is("[[") || line.is("test")) bound(line.words, state);
  return false;
}

void ShellWalk::condition(const ShellLine& line, ShellState& state) {
  using Way = ShellState::Way;
  const auto words = words_of(line.words, state);
  const bool equal =
      words.size() >= 4 && one_of(words[0], {"[", "[["}) && one_of(words[2], {"=", "==", "!="});
  const bool negated = std::ranges::find(line.keywords, "!") != line.keywords.end();
  if (!equal || words.size() > 5 || !is_known(words[1]) || !is_known(words[3]) || has_ci_variable(words[1]) ||
      has_ci_variable(words[3]) || words[3].find('*') != std::string::npos) {
    state.ways.back() = Way::unknown;
    return;
  }
  const bool holds = ((words[1] == words[3]) == (words[2] != "!=")) != negated;
  state.ways.back() = holds ? Way::taken : Way::skipped;
}

void ShellWalk::begin_loop(const ShellLine& line, ShellState& state) {
  ShellState::Loop loop{std::nullopt, "", out_.health.size(), false, 1};
  if (line.words.size() > 3 && line.words[2] == "in") {
    std::vector<std::string> items;
    for (std::size_t w = 3; w < line.words.size(); ++w) items.push_back(text_of(line.words[w], state));
    loop.attempts = count_of(items);
    // One value each time round: only of a lone one is it known which.
    state.variables[line.words[1]] =
        items.size() == 1 && is_known(items[0]) ? items[0] : "$(" + line.words[1] + ")";
  } else if (line.words.size() == 1) {
    loop.endless = true;  // for ((…)): the bound comes with the next words
  }
  state.loops.push_back(loop);
}

void ShellWalk::end_loop(ShellState& state) {
  if (state.loops.empty()) return;
  const ShellState::Loop loop = state.loops.back();
  state.loops.pop_back();
  for (std::size_t h = loop.first_health; h < out_.health.size(); ++h) {
    HealthFound& one = out_.health[h];
    if (!one.attempts) one.attempts = loop.attempts;
    if (one.interval.empty()) one.interval = loop.interval;
  }
}

// `[ $n -lt 30 ]` in a loop that has no other end.
void ShellWalk::bound(const std::vector<std::string>& words, ShellState& state) {
  if (state.loops.empty() || !state.loops.back().endless || state.loops.back().attempts) return;
  for (std::size_t w = 1; w + 1 < words.size(); ++w) {
    if (!one_of(words[w], {"-lt", "-le", "-eq", "-ge", "-gt"}) || !words[w - 1].starts_with('$')) continue;
    const std::string limit = text_of(words[w + 1], state);
    if (is_number(limit) && limit != "0") state.loops.back().attempts = std::stoi(limit);
  }
}

std::string ShellWalk::text_of(std::string_view text, ShellState& state) {
  const bool on_server = state.on_server;
  const std::string made = expanded(
      text,
      {state.variables,
       on_server ? std::function<std::string(const std::string&)>{}
                 : [](const std::string& name) { return is_name(name) && !one_of(name, {"HOME", "PWD"}) ? ci_variable(name) : "$" + name; },
       {}});
  return on_server ? with_directories(made, state.directory) : made;
}

std::vector<std::string> ShellWalk::words_of(const std::vector<std::string>& written, ShellState& state) {
  std::vector<std::string> made;
  for (std::size_t w = 0; w < written.size(); ++w) {
    const std::string array = written[w] == "$@" ? "@" : spliced_array(written[w]);
    if (const auto found = state.arrays.find(array); !array.empty() && found != state.arrays.end()) {
      for (const std::string& one : found->second) made.push_back(text_of(one, state));
      continue;
    }
    std::string text = text_of(written[w], state);
    const bool alone = !lone_variable(written[w]).empty() && text != written[w];
    if (alone && text.find(' ') != std::string::npos && (made.empty() || text.starts_with('-'))) {
      // A variable that holds several words: DC="docker compose -f x".
      for (const ShellLine& line : parse_shell(text, 1))
        for (const std::string& one : line.words) made.push_back(text_of(one, state));
      continue;
    }
    made.push_back(std::move(text));
  }
  return made;
}

std::string ShellWalk::path_of(const std::string& path, const ShellState& state) const {
  std::string made = path;
  while (made.starts_with("./")) made.erase(0, 2);
  if (made.size() > 1 && made.ends_with('/')) made.pop_back();
  if (made.starts_with('/') || made.starts_with('~') || made.starts_with(ci_begin) || made.starts_with('$'))
    return made;
  if (made == "." || made.empty()) return state.directory;
  if (state.directory.empty()) return made;
  return state.directory + (state.directory.ends_with('/') ? "" : "/") + made;
}

void ShellWalk::assign(const ShellLine& line, ShellState& state, bool exported) {
  for (const auto& [name, value] : line.assignments) {
    state.variables[name] = text_of(value, state);
    if (exported || state.on_server || !line.words.empty())
      out_.set_variables.emplace_back(name, Found{state.variables[name], place(line, state)});
  }
  for (const auto& [name, items] : line.arrays) state.arrays[name] = items;
}

void ShellWalk::shift(const std::vector<std::string>& words, ShellState& state) {
  const std::size_t by = words.size() > 1 && is_number(words[1]) ? std::stoul(words[1]) : 1;
  auto& all = state.arrays["@"];
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(by, all.size())));
  for (std::size_t a = 1; a < 10; ++a) {
    state.variables.erase(std::to_string(a));
    if (a <= all.size()) state.variables[std::to_string(a)] = all[a - 1];
  }
}

// `$(curl …)` asks as well as a curl of its own does.
void ShellWalk::inside_substitutions(const ShellLine& line, ShellState& state) {
  std::vector<std::string> texts = line.words;
  for (const auto& [name, value] : line.assignments) texts.push_back(value);
  for (const std::string& text : texts) {
    const std::size_t begin = text.find("$(");
    const std::size_t end = text.rfind(')');
    if (begin == std::string::npos || end == std::string::npos || end < begin || state.depth >= deepest_call)
      continue;
    const std::string inside = text.substr(begin + 2, end - begin - 2);
    if (inside.find("curl ") == std::string::npos && inside.find("wget ") == std::string::npos) continue;
    ++state.depth;
    read(inside, line.line, state);
    --state.depth;
  }
}

void ShellWalk::command(const Lines& all, std::size_t i, ShellState& state) {
  const ShellLine& line = all[i];
  with_sudo_ = false;
  inside_substitutions(line, state);
  assign(line, state, false);
  std::vector<std::string> words = words_of(line.words, state);
  if (!state.loops.empty() && state.loops.back().endless && !state.loops.back().attempts &&
      !line.redirects.empty() && std::ranges::find(line.keywords, "(") == line.keywords.end()) {
    // for ((i=1; i<=30; i++)): the lines saw a redirect from "=30".
    const std::string limit = line.redirects.front().target;
    const std::string number = limit.starts_with('=') ? limit.substr(1) : limit;
    if (line.redirects.front().operation == "<" && is_number(number))
      state.loops.back().attempts = std::stoi(number);
  }
  // The rest of for ((…)) and of (( … )) is arithmetic.
  const bool arithmetic = words.size() == 1 && line.joined.empty() &&
                          (words[0].ends_with("++") || words[0].ends_with("--") ||
                           (!line.redirects.empty() && line.redirects.front().target.starts_with('=')));
  if (arithmetic) return;
  // What stands before the program that is meant.
  const ShellLine* own = &line;
  for (bool again = true; again && !words.empty();) {
    again = false;
    if (one_of(words[0], {"sudo", "nohup", "exec", "command", "time", "env", "retry", "nice"})) {
      with_sudo_ = with_sudo_ || words[0] == "sudo";
      std::size_t skip = 1;
      while (skip < words.size() &&
             (words[skip].starts_with('-') || words[skip].find('=') != std::string::npos)) {
        const bool takes = words[0] == "sudo" && one_of(words[skip], {"-u", "-g"});
        if (const std::size_t equals = words[skip].find('=');
            equals != std::string::npos && is_name(words[skip].substr(0, equals)))
          out_.set_variables.emplace_back(words[skip].substr(0, equals),
                                          Found{words[skip].substr(equals + 1), place(*own, state)});
        skip += takes ? 2 : 1;
      }
      words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(std::min(skip, words.size())));
      again = true;
    } else if (words[0] == "timeout" && words.size() > 2) {
      std::size_t skip = 1;
      while (skip < words.size() && words[skip].starts_with('-')) ++skip;
      words.erase(words.begin(),
                  words.begin() + static_cast<std::ptrdiff_t>(std::min(skip + 1, words.size())));
      again = true;
    } else if (words[0] == "sshpass") {
      out_.leave(place(line, state), "sshpass", "belay logs in with a key and takes no password over");
      std::size_t skip = 1;
      while (skip < words.size() && words[skip].starts_with('-'))
        skip += words[skip] == "-p" || words[skip] == "-f" ? 2 : 1;
      words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(std::min(skip, words.size())));
      again = true;
    } else if (one_of(words[0], {"export", "declare", "local", "readonly"})) {
      for (const std::string& word : words)
        if (const std::size_t equals = word.find('=');
            equals != std::string::npos && is_name(word.substr(0, equals))) {
          state.variables[word.substr(0, equals)] = word.substr(equals + 1);
          out_.set_variables.emplace_back(word.substr(0, equals),
                                          Found{word.substr(equals + 1), place(line, state)});
        }
      return;
    }
  }
  if (words.empty() && !line.redirects.empty()) words = {":"};  // ( … ) > FILE, > FILE
  if (words.empty()) return;
  if (words[0] != "ssh-keyscan" && written(all, i, words, state)) return;
  known_command(all, i, words, state);
}

void ShellWalk::known_command(const Lines& all, std::size_t i, const std::vector<std::string>& words,
                              ShellState& state) {
  const ShellLine& line = all[i];
  const Place at = place(line, state);
  const std::string& program = words[0];
  if (const auto function = state.functions.find(program); function != state.functions.end()) {
    if (state.depth >= deepest_call) return;
    ++state.depth;
    const auto before = state.arrays["@"];
    state.arrays["@"] = {words.begin() + 1, words.end()};
    for (std::size_t w = 1; w < words.size() && w < 10; ++w) state.variables[std::to_string(w)] = words[w];
    const ShellState::Function called = function->second;
    const std::string caller = std::exchange(state.at.file, called.file);
    lines(called.body, state);
    state.at.file = caller;
    state.arrays["@"] = before;
    --state.depth;
    return;
  }
  if (one_of(program, {"cd", "pushd"})) return change_directory(words, at, state);
  if (program == "git") return git(words, at, state);
  if (program == "tar") return tar(all, i, words, state);
  if (program == "make" && make(words, state)) return;
  if (one_of(program, {"npm", "yarn", "pnpm", "bun"}) && package_script(words, state)) return;
  if (program == "rsync") return rsync(words, at, state);
  if (program == "scp") return scp(words, at, state);
  if (program == "ssh") return ssh(all, i, words, state);
  if (one_of(program, {"docker", "docker-compose", "podman-compose"})) return docker(all, i, words, state);
  if (one_of(program, {"curl", "wget"}) && is_installer(all, i))
    return out_.leave(at, as_shown(joined(words)), "a script of another server is run: do it once, by hand");
  if (one_of(program, {"curl", "wget"})) return curl(line, words, state);
  if (program == "sleep" && words.size() > 1) {
    if (!state.loops.empty()) state.loops.back().interval = duration_of(words[1]);
    return;
  }
  if (program == "tail") return rotation(all, i, words, state);
  if (program == "shift") return shift(words, state);
  if (piped_script(all, i, words, state)) return;
  if (one_of(program, {"bash", "sh", "source", "."}) || program.starts_with("./") ||
      program.ends_with(".sh") || (state.on_server && is_own_program(program)))
    return script_file(words, line, state);
  if (program == "ssh-add" && !state.on_server && !out_.ssh_key)
    for (std::size_t before = i; before > 0 && all[before].joined == "|"; --before)
      for (const std::string& name : ci_variables(joined(words_of(all[before - 1].words, state))))
        out_.ssh_key = Found{name, place(all[before - 1], state)};
  if (one_of(program, {"ssh-keyscan", "ssh-add", "ssh-agent", "chmod", "chown"}) && !state.on_server) {
    if (program == "ssh-keyscan")
      out_.leave(at, "ssh-keyscan", "it trusts whoever answers; belay pins the host's key (host_key)");
    return;
  }
  if (on_server_or_here(all, i, words, state)) return;
}

// What no other function knows: a command of the server, or one of the tests.
bool ShellWalk::on_server_or_here(const Lines& all, std::size_t i, const std::vector<std::string>& words,
                                  ShellState& state) {
  const ShellLine& line = all[i];
  const std::string& program = words[0];
  if (says_nothing(program) && line.keywords.empty()) return true;
  if (says_nothing(program)) return true;
  if (state.on_server) {
    if (program == "rm" && words.size() > 1)
      out_.leave(place(line, state), joined(words),
                 "files that only the server has may lie there; belay deletes none");
    else if (program == "pg_dump" || program == "mysqldump" || program == "mongodump")
      out_.leave(place(line, state), joined(words),
                 "belay dumps PostgreSQL in a container, with backup.postgres");
    else
      server_command(all, i, words, state);
    return true;
  }
  runner_command(all, i, words, state);
  return true;
}

// On the runner: it builds files that are sent, or it is listed if its script deploys.
void ShellWalk::runner_command(const Lines& all, std::size_t i, const std::vector<std::string>& words,
                               const ShellState& state) {
  if (all[i].joined == "|" ||
      one_of(words[0], {"chmod", "chown", "eval", "rm", "cp", "mv", "ln", "openssl", "git", "gh", "aws"}) ||
      words[0].starts_with("ssh-") || prepares_server(words[0]))
    return;
  std::string text = shell_text(words);
  const std::string directory = on_which_path(".", state);
  if (!directory.empty() && directory != "." && !directory.starts_with('/')) text = directory + "\x04" + text;
  (is_build(text) || is_install(text) ? out_.local_commands : out_.runner_commands)
      .push_back({text, place(all[i], state)});
}

// A command on the server itself.
void ShellWalk::server_command(const Lines& all, std::size_t i, const std::vector<std::string>& words,
                               ShellState& state) {
  const ShellLine& line = all[i];
  if (line.joined == "|" || one_of(words[0], {"}", "ssh-keyscan", "ssh-add", "ssh-agent"})) return;
  const Place at = place(line, state);
  const std::string text = (with_sudo_ ? "sudo " : "") + shell_text(words);
  if (prepares_server(words[0]) ||
      (words[0] == "systemctl" && words.size() > 1 && one_of(words[1], {"enable", "start"})))
    return out_.leave(at, text, "it prepares the server: do it once, by hand");
  if (one_of(words[0], {"cp", "mv"}) || text.find('*') != std::string::npos)
    return out_.leave(
        at, text,
        "it moves files on the server: write it as a hook by hand, or put the files into the repository");
  hook(all, i, {.command = text}, state);
}

void ShellWalk::change_directory(const std::vector<std::string>& words, const Place& at, ShellState& state) {
  std::size_t w = 1;
  while (w < words.size() && words[w].starts_with('-')) ++w;
  if (w >= words.size()) return;
  const std::size_t last = state.directory.rfind('/');
  const bool goes_up =
      one_of(words[w], {"..", "../"}) && !state.directory.empty() && is_known(state.directory);
  state.directory = !goes_up                    ? without_dots(path_of(words[w], state))
                    : last == std::string::npos ? ""
                                                : state.directory.substr(0, std::max<std::size_t>(last, 1));
  if (state.on_server) out_.directories.push_back({state.directory, at});
}

void ShellWalk::git(const std::vector<std::string>& words, const Place& at, ShellState& state) {
  const Arguments given = arguments_of(words, 1, {"-C", "-c", "--git-dir", "--work-tree"}, true);
  if (given.words.empty()) return;
  const std::string& verb = given.words[0];
  if (verb == "archive") return git_archive(given.words, at, state);
  if (!state.on_server) return;
  const std::string in = given.value({"-C"});
  if (!in.empty()) out_.directories.push_back({path_of(in, state), at});
  std::string target = in.empty() ? state.directory : path_of(in, state);
  if (verb == "clone") {
    const Arguments cloned = arguments_of(given.words, 1, {"-b", "--branch", "--depth", "-o"}, false);
    if (cloned.words.size() > 1) target = path_of(cloned.words[1], state);
  } else if (!one_of(verb, {"pull", "fetch", "reset", "checkout", "switch", "merge"})) {
    return;
  }
  const bool known = std::ranges::any_of(
      out_.transports, [](const Transport& one) { return one.kind == Transport::Kind::git; });
  if (!known) out_.transports.push_back({Transport::Kind::git, at, {}, target, {}, false});
}

void ShellWalk::curl(const ShellLine& line, const std::vector<std::string>& words, ShellState& state) {
  const Arguments given = arguments_of(words, 1,
                                       {"-o",
                                        "-w",
                                        "--write-out",
                                        "--output",
                                        "-H",
                                        "--header",
                                        "-m",
                                        "--max-time",
                                        "--retry",
                                        "--retry-delay",
                                        "--connect-timeout",
                                        "-X",
                                        "--request",
                                        "-d",
                                        "--data",
                                        "-u",
                                        "--user",
                                        "--retry-max-time",
                                        "-O",
                                        "-t",
                                        "-T",
                                        "--timeout",
                                        "--tries",
                                        "-A",
                                        "--resolve",
                                        "--data-raw",
                                        "-F"},
                                       false);
  if (given.words.empty()) return;
  std::string url = given.words.front();
  const bool posts = given.has({"-X", "--request", "-d", "--data", "--data-raw", "-F"}) &&
                     given.value({"-X", "--request"}) != "GET";
  const bool fetches = words[0] == "curl" &&
                       (given.has({"-O"}) ||
                        (given.has({"-o", "--output"}) && given.value({"-o", "--output"}) != "/dev/null"));
  if (posts) {
    if (url.find("health") == std::string::npos)
      out_.leave(place(line, state), as_shown(url),
                 "a message to another service: keep it as a step after belay");
    return;
  }
  if (fetches) return;
  if (url.find("://") == std::string::npos) {
    if (!url.starts_with("localhost") && !url.starts_with("127.0.0.1")) {
      if (!has_ci_variable(url)) return;
    } else {
      url = "http://" + url;
    }
  }
  HealthFound made;
  made.at = place(line, state);
  made.url = url;
  made.on_server = state.on_server;
  made.follows = given.has({"-L", "--location"});
  made.headers = given.values({"-H", "--header"});
  if (is_number(given.value({"--retry"}))) made.attempts = std::stoi(given.value({"--retry"}));
  made.interval = duration_of(given.value({"--retry-delay"}));
  if (given.has({"-u", "--user"}))
    out_.leave(made.at, "curl --user", "write health.user and health.password by hand");
  if (given.has({"-k", "--insecure"}))
    out_.leave(made.at, "curl -k", "belay asks with the certificate checked");
  out_.health.push_back(std::move(made));
}

}  // namespace belay::importer
