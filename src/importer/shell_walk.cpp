#include "importer/shell_walk.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "importer/command_words.hpp"

namespace belay::importer {
namespace {

constexpr int deepest = 10;                // scripts that call scripts, functions that call functions
constexpr std::size_t most_steps = 20000;  // commands that are read at all

std::string joined(const std::vector<std::string>& words, std::size_t from = 0) {
  std::string made;
  for (std::size_t i = from; i < words.size(); ++i) made += (i > from ? " " : "") + words[i];
  return made;
}

std::string one_line(const std::vector<std::string>& words) {
  return joined(words);
}

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

bool is_hidden(const std::vector<ShellLine>& lines, std::size_t i) {
  return i + 1 < lines.size() && lines[i + 1].joined == "||" &&
         (lines[i + 1].is("true") || lines[i + 1].is("echo") || lines[i + 1].is(":"));
}

}  // namespace

void ShellWalk::read(std::string_view script, int first_line, ShellState& state) {
  if (state.depth > deepest) return;
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
  state.functions[name] = std::move(body);
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
  return expanded(
      text,
      {state.variables,
       on_server ? std::function<std::string(const std::string&)>{}
                 : [](const std::string& name) { return is_name(name) && !one_of(name, {"HOME", "PWD"}) ? ci_variable(name) : "$" + name; },
       {}});
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

// `$(curl …)` asks as well as a curl of its own does.
void ShellWalk::inside_substitutions(const ShellLine& line, ShellState& state) {
  std::vector<std::string> texts = line.words;
  for (const auto& [name, value] : line.assignments) texts.push_back(value);
  for (const std::string& text : texts) {
    const std::size_t begin = text.find("$(");
    const std::size_t end = text.rfind(')');
    if (begin == std::string::npos || end == std::string::npos || end < begin || state.depth >= deepest)
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
  if (words.empty()) return;
  if (words[0] != "ssh-keyscan" && written(line, words, state)) return;
  known_command(all, i, words, state);
}

void ShellWalk::known_command(const Lines& all, std::size_t i, const std::vector<std::string>& words,
                              ShellState& state) {
  const ShellLine& line = all[i];
  const Place at = place(line, state);
  const std::string& program = words[0];
  if (const auto function = state.functions.find(program); function != state.functions.end()) {
    if (state.depth >= deepest) return;
    ++state.depth;
    const auto before = state.arrays["@"];
    state.arrays["@"] = {words.begin() + 1, words.end()};
    for (std::size_t w = 1; w < words.size() && w < 10; ++w) state.variables[std::to_string(w)] = words[w];
    const Lines body = function->second;
    lines(body, state);
    state.arrays["@"] = before;
    --state.depth;
    return;
  }
  if (one_of(program, {"cd", "pushd"})) return change_directory(words, at, state);
  if (program == "git") return git(words, at, state);
  if (program == "rsync") return rsync(words, at, state);
  if (program == "scp") return scp(words, at, state);
  if (program == "ssh") return ssh(all, i, words, state);
  if (one_of(program, {"docker", "docker-compose", "podman-compose"})) return docker(all, i, words, state);
  if (one_of(program, {"curl", "wget"})) return curl(line, words, state);
  if (program == "sleep" && words.size() > 1) {
    if (!state.loops.empty()) state.loops.back().interval = duration_of(words[1]);
    return;
  }
  if (program == "tail") return rotation(all, i, words, state);
  if (one_of(program, {"bash", "sh", "source", "."}) || program.starts_with("./") || program.ends_with(".sh"))
    return script_file(words, i, line, state);
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
      out_.leave(place(line, state), one_line(words),
                 "files that only the server has may lie there; belay deletes none");
    else if (program == "pg_dump" || program == "mysqldump" || program == "mongodump")
      out_.leave(place(line, state), one_line(words),
                 "belay dumps PostgreSQL in a container, with backup.postgres");
    else if (line.joined != "|")
      out_.leave(place(line, state), one_line(words), "a command on the server: belay runs none");
    return true;
  }
  return true;
}

void ShellWalk::change_directory(const std::vector<std::string>& words, const Place& at, ShellState& state) {
  std::size_t w = 1;
  while (w < words.size() && words[w].starts_with('-')) ++w;
  if (w >= words.size()) return;
  state.directory = path_of(words[w], state);
  if (state.on_server) out_.directories.push_back({state.directory, at});
}

void ShellWalk::git(const std::vector<std::string>& words, const Place& at, ShellState& state) {
  const Arguments given = arguments_of(words, 1, {"-C", "-c", "--git-dir", "--work-tree"}, true);
  if (given.words.empty()) return;
  const std::string& verb = given.words[0];
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

void ShellWalk::destination(const std::string& text, const std::string& port, const Place& at,
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
  if (host.empty()) return;
  if (out_.host) {
    if (out_.host->text != host) {
      out_.leave(at, host, "a second host: an environment has one; write another environment for this one");
      return;
    }
    if (!out_.user && !user.empty()) out_.user = Found{user, at};
    if (!out_.port && !known_port.empty()) out_.port = Found{known_port, at};
    return;
  }
  out_.host = Found{host, at};
  if (!user.empty()) out_.user = Found{user, at};
  if (!known_port.empty()) out_.port = Found{known_port, at};
}

namespace {

const std::initializer_list<std::string_view> ssh_options = {"-p", "-i", "-o", "-l", "-J", "-F",
                                                             "-L", "-R", "-D", "-W", "-E", "-c",
                                                             "-m", "-b", "-e", "-S", "-w", "-P"};

}  // namespace

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
  destination(to, given.value({"-p"}), at, state);
  // The rest of the options may come after the destination.
  const Arguments after = arguments_of(given.words, 1, ssh_options, true);
  remote(all, i, after.words, state);
}

// What is run there: the words of the ssh, a here-document, a file, or what a pipe brings.
void ShellWalk::remote(const Lines& all, std::size_t i, const std::vector<std::string>& command_words,
                       ShellState& state) {
  const ShellLine& line = all[i];
  ShellState there;
  there.at = state.at;
  there.on_server = true;
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
  out_.transports.push_back({Transport::Kind::copy,
                             at,
                             {given.words.begin(), given.words.end() - 1},
                             to.substr(colon + 1),
                             {},
                             false});
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
  else if (verb == "load")
    out_.leave(at, "docker load", "the image was built in the CI and sent: build: here does that");
  else if (one_of(verb, {"stop", "rm", "kill", "rmi", "tag", "system", "image", "builder", "container",
                         "images", "network", "restart"}) &&
           !one_of(verb, {"images"}) && whole.find("network create") == std::string::npos &&
           verb != "restart")
    out_.leave(at, "docker " + whole, "belay stops, keeps and prunes by its own rules");
  else if (verb == "restart" || verb == "network")
    out_.leave(at, "docker " + whole, "a command on the server: belay runs none");
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
  if (verb == "restart") out_.leave(at, whole, "a command on the server: belay runs none");
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
  if (words.size() >= 3 && one_of(words[0], {"sh", "bash", "/bin/sh"}) &&
      one_of(words[1], {"-c", "-lc", "-ec"})) {
    std::string inside = words[2];
    std::ranges::replace(inside, plain_dollar, '$');
    words = {inside};
  }
  const std::string command_text = joined(words);
  const auto dump =
      std::ranges::find_if(words, [](const std::string& word) { return word.starts_with("pg_dump"); });
  if (dump != words.end() && *dump != "pg_dumpall") {
    if (words.size() == 1) {
      const Lines inside = parse_shell(words[0], at.line);
      if (!inside.empty()) words = words_of(inside[0].words, state);
    }
    const auto program = std::ranges::find(words, "pg_dump");
    if (program != words.end())
      return backup(all, i, words, static_cast<std::size_t>(program - words.begin()), given.words[0],
                    by_container, state);
  }
  if (is_dangerous(command_text)) {
    out_.leave(at, command_text, "it deletes or makes data: not taken over as a migration", true);
    return;
  }
  if (is_migration(command_text)) {
    out_.migrations.push_back({at, by_container ? "" : given.words[0], by_container ? given.words[0] : "",
                               command_text, how == "exec", is_hidden(all, i)});
    return;
  }
  if (!state.on_server || one_of(words[0], {"curl", "wget", "pg_isready", "nc"})) {
    if (state.on_server)
      out_.leave(at, command_text, "a check inside a container: write it as the service's healthcheck");
    return;
  }
  out_.leave(at, fmt::format("{} {}", how, joined(given.words)),
             "a command in a container: belay.yml has no key for it but migrate");
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

void ShellWalk::script_file(const std::vector<std::string>& words, std::size_t, const ShellLine& line,
                            ShellState& state) {
  std::size_t w = one_of(words[0], {"bash", "sh", "source", "."}) ? 1 : 0;
  while (w < words.size() && words[w].starts_with('-') && words[w] != "-c" && words[w] != "-lc" &&
         words[w] != "-ec")
    ++w;
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
  // The path in the repository: the server's directory is the repository's once it is synced.
  std::string path = words[w];
  while (path.starts_with("./")) path.erase(0, 2);
  if (path.ends_with(".env") || path.find(".env.") != std::string::npos) return;
  const SourceFile* file = repository_.find(path);
  if (!file && !state.test_directory.empty()) file = repository_.find(state.test_directory + "/" + path);
  if (!file && !path.starts_with('/'))
    for (const SourceFile& one : repository_.files)
      if (one.path.ends_with("/" + path)) file = &one;
  if (!file) {
    const bool sourced = one_of(words[0], {"source", "."});
    if (state.on_server && !sourced)
      out_.leave(place(line, state), joined(words),
                 "a script that lies on the server alone: nothing of it can be read");
    return;
  }
  ShellState inside = state;
  inside.at = {file->path, 1};
  inside.depth = state.depth + 1;
  inside.loops.clear();
  inside.ways.clear();
  inside.case_value.reset();
  inside.in_case_pattern = inside.case_is_skipped = false;
  inside.arrays["@"] = {words.begin() + static_cast<std::ptrdiff_t>(w) + 1, words.end()};
  for (std::size_t a = w + 1; a < words.size() && a - w < 10; ++a)
    inside.variables[std::to_string(a - w)] = words[a];
  read(file->text, 1, inside);
}

// A command whose output becomes a file: `.env`, the ssh configuration, a key.
// echo "NAME=value" >> "$GITHUB_ENV"
bool ShellWalk::handed_on(const std::string& target, const std::string& text, ShellState& state) {
  if (state.on_server || (target != ci_variable("GITHUB_ENV") && target != ci_variable("GITHUB_OUTPUT")))
    return false;
  auto& handed = target == ci_variable("GITHUB_ENV") ? state.ci_environment : state.ci_outputs;
  for (const std::string& row : split(text, '\n'))
    if (const std::size_t equals = row.find('='); equals != std::string::npos)
      if (const std::string name = trimmed(row.substr(0, equals)); is_name(name))
        handed.emplace_back(name, trimmed(row.substr(equals + 1)));
  return true;
}

bool ShellWalk::written(const ShellLine& line, const std::vector<std::string>& words, ShellState& state) {
  std::string target, body;
  for (const ShellLine::Redirect& one : line.redirects) {
    if (one.operation.starts_with('>')) target = text_of(one.target, state);
    if (one.operation == "<<") body = one.expands ? text_of(one.target, state) : one.target;
  }
  if (words[0] == "tee" || (words[0] == "sed" && words.back().find(".env") != std::string::npos))
    target = words.back();
  if (target.empty() || target == "/dev/null") return false;
  if (handed_on(target, body.empty() ? joined(words, 1) : body, state)) return true;
  if (target.ends_with(".ssh/config")) {
    std::string alias;
    for (const std::string& row : split(body, '\n')) {
      const std::vector<std::string> parts = split(trimmed(row), ' ');
      if (parts.size() < 2) continue;
      if (parts[0] == "Host") alias = parts.back();
      auto& known = state.ssh_hosts[alias];
      known.resize(3);
      if (parts[0] == "HostName") known[0] = parts.back();
      if (parts[0] == "User") known[1] = parts.back();
      if (parts[0] == "Port") known[2] = parts.back();
    }
    return true;
  }
  const std::string name = target.substr(target.rfind('/') + 1);
  if (target.find(".ssh/") != std::string::npos || name.find("key") != std::string::npos ||
      name.ends_with(".pem")) {
    if (name.find("known_hosts") != std::string::npos) return true;
    for (const std::string& one : ci_variables(joined(words) + body))
      if (!state.on_server && !out_.ssh_key) out_.ssh_key = Found{one, place(line, state)};
    return true;
  }
  if (!name.starts_with(".env") && !name.ends_with(".env")) return false;
  std::vector<std::string> names;
  const std::string text = body.empty() ? joined(words, 1) : body;
  for (const std::string& row : split(text, '\n')) {
    std::string key = trimmed(row.substr(0, row.find('=')));
    if (words[0] == "sed") {
      const std::size_t caret = key.find('^');
      key = caret == std::string::npos ? "" : key.substr(caret + 1);
    }
    if (row.find('=') == std::string::npos || !is_name(key)) continue;
    names.push_back(key);
    std::string value = row.substr(row.find('=') + 1);
    if (words[0] == "sed") {
      const std::size_t second = value.find(key + "=");
      value = second == std::string::npos ? "" : value.substr(second + key.size() + 1);
      value = value.substr(0, value.find_last_of("|/#@"));
    }
    out_.set_variables.emplace_back(key, Found{trimmed(value), place(line, state)});
  }
  if (names.empty()) names = ci_variables(text);
  out_.leave(place(line, state),
             fmt::format("{} written by the CI{}{}", name, names.empty() ? "" : ": ", fmt::join(names, ", ")),
             "belay writes no environment file: keep it on the server, or keep this step before belay");
  return true;
}

}  // namespace belay::importer
