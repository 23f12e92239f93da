#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "importer/command_words.hpp"
#include "importer/shell_walk.hpp"

namespace belay::importer {
// … | bash: what the pipe brings, if that is said here: a text, or a file in base64.
bool ShellWalk::piped_script(const Lines& all, std::size_t i, const std::vector<std::string>& words,
                             ShellState& state) {
  const bool is_shell = one_of(words[0], {"bash", "sh"}) &&
                        std::ranges::all_of(words.begin() + 1, words.end(), [](const std::string& word) {
                          return one_of(word, {"-s", "-e", "-x", "-ex", "--"});
                        });
  if (!is_shell || all[i].joined != "|" || state.depth >= deepest_call) return false;
  const Output given = input_of(all, i, state);
  ShellState inside = state;
  inside.depth = state.depth + 1;
  if (given.is_known && !given.decoded) {
    read(given.text, given.first_line > 0 ? given.first_line : all[i].line, inside);
    return true;
  }
  // $(base64 -w0 FILE)
  for (const std::string& word : split(given.text, ' ')) {
    const std::string path = path_of(trimmed(word.substr(0, word.find(')'))), {});
    if (const SourceFile* const file = given.decoded ? repository_.find(path) : nullptr) {
      inside.at = {file->path, 1};
      read(file->text, 1, inside);
      return true;
    }
  }
  if (state.on_server && i > 0 && !all[i - 1].is("curl") && !all[i - 1].is("wget"))
    out_.leave(place(all[i], state), joined(words), "the script that the pipe brings is not said here");
  return true;
}

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

namespace {

bool is_env_file(std::string_view name) {
  return (name.starts_with(".env") && name != ".envrc") || name.ends_with(".env");
}

bool decodes(const std::vector<std::string>& words) {
  return words[0] == "base64" && std::ranges::any_of(words, [](const std::string& word) {
           return one_of(word, {"-d", "--decode", "-D", "-di"});
         });
}

// What `\n` and `\t` mean to echo -e and to printf.
std::string with_escapes(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '\\' && (next == 'n' || next == 't' || next == '\\')) {
      made += next == 'n' ? '\n' : next == 't' ? '\t' : '\\';
      ++i;
    } else {
      made += text[i];
    }
  }
  return made;
}

std::string of_echo(const std::vector<std::string>& words) {
  std::size_t first = 1;
  bool escapes = false;
  for (; first < words.size() && one_of(words[first], {"-e", "-n", "-ne", "-en", "-E"}); ++first)
    escapes = escapes || words[first].find('e') != std::string::npos;
  const std::string text = joined(words, first);
  return (escapes ? with_escapes(text) : text) + "\n";
}

// The format is used again as long as there are arguments.
std::string of_printf(const std::vector<std::string>& words) {
  std::size_t format = 1;
  while (format < words.size() && words[format] == "--") ++format;
  if (format >= words.size()) return "";
  const std::string pattern = with_escapes(words[format]);
  std::string made;
  std::size_t argument = format + 1;
  do {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      const bool takes = pattern[i] == '%' && i + 1 < pattern.size() &&
                         one_of(pattern.substr(i + 1, 1), {"s", "b", "q", "d"});
      if (takes) {
        if (argument < words.size()) made += words[argument];
        ++argument;
        ++i;
      } else if (pattern.compare(i, 2, "%%") == 0) {
        made += '%';
        ++i;
      } else {
        made += pattern[i];
      }
    }
  } while (argument < words.size() && argument > format + 1);
  return made;
}

}  // namespace

// What a command is given: a here-document, a text, a file of the repository, or what the pipe brings.
ShellWalk::Output ShellWalk::input_of(const Lines& all, std::size_t i, ShellState& state) {
  for (const ShellLine::Redirect& one : all[i].redirects) {
    if (one.operation == "<<")
      return {one.expands ? text_of(one.target, state) : one.target, true, false, one.line};
    if (one.operation == "<<<") return {text_of(one.target, state), true, false};
    if (one.operation == "<") {
      const SourceFile* const file = repository_.find(path_of(text_of(one.target, state), {}));
      return {file ? file->text : "", file != nullptr, false};
    }
  }
  if (all[i].joined == "|" && i > 0) return output_of(all, i - 1, state);
  return state.input;
}

// What a command writes, as far as that can be said without running it.
ShellWalk::Output ShellWalk::output_of(const Lines& all, std::size_t i, ShellState& state) {
  std::vector<std::string> words = words_of(all[i].words, state);
  while (!words.empty() && one_of(words[0], {"sudo", "command"})) words.erase(words.begin());
  if (words.empty() || words[0] == ":") return {"", true, false};
  if (words[0] == "echo") return {of_echo(words), true, false};
  if (words[0] == "printf") return {of_printf(words), true, false};
  if (words[0] == "tee") return input_of(all, i, state);
  if (decodes(words)) {
    Output made = input_of(all, i, state);
    made.decoded = true;
    return made;
  }
  if (words[0] == "envsubst") {
    Output made = input_of(all, i, state);
    made.text = text_of(made.text, state);
    return made;
  }
  if (words[0] != "cat") return {};
  if (words.size() == 1 || words[1] == "-") return input_of(all, i, state);
  Output made{"", true, false};
  for (std::size_t w = 1; w < words.size(); ++w) {
    const SourceFile* const file = repository_.find(path_of(words[w], {}));
    made.is_known = made.is_known && file;
    if (file) made.text += file->text + (file->text.ends_with('\n') ? "" : "\n");
  }
  return made;
}

// `{ echo A=1; echo B=2; } > FILE`: what the commands before the brace write.
ShellWalk::Output ShellWalk::output_of_group(const Lines& all, std::size_t end, ShellState& state) {
  const std::string open = all[end].is("}") ? "{" : "(";
  std::size_t begin = end;
  while (begin > 0) {
    --begin;
    if (std::ranges::find(all[begin].keywords, open) != all[begin].keywords.end()) break;
  }
  Output made{"", true, false};
  for (std::size_t i = begin; i < end; ++i) {
    if (all[i].words.empty() || (i + 1 < end && all[i + 1].joined == "|")) continue;
    const Output one = output_of(all, i, state);
    made.is_known = made.is_known && one.is_known;
    made.decoded = made.decoded || one.decoded;
    made.text += one.text;
  }
  return made;
}

// sed -i "s|^NAME=.*|NAME=value|" FILE: the lines that are set.
std::string ShellWalk::set_by_sed(const std::vector<std::string>& words) {
  std::string made;
  for (const std::string& word : words) {
    const std::size_t caret = word.find('^');
    const std::size_t equals = caret == std::string::npos ? caret : word.find('=', caret);
    if (word.size() < 4 || word[0] != 's' || equals == std::string::npos) continue;
    const std::string key = word.substr(caret + 1, equals - caret - 1);
    const std::size_t second = word.find(key + "=", equals + 1);
    const std::size_t end = word.rfind(word[1]);
    if (!is_name(key) || second == std::string::npos || end <= second) continue;
    made += word.substr(second, end - second) + "\n";
  }
  return made;
}

bool ShellWalk::is_ssh_file(const std::string& target, const std::string& text, const Place& at,
                            ShellState& state) {
  if (target.ends_with(".ssh/config")) {
    std::string alias;
    for (const std::string& row : split(text, '\n')) {
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
  if (target.find(".ssh/") == std::string::npos && name.find("key") == std::string::npos &&
      !name.ends_with(".pem"))
    return false;
  if (name.find("known_hosts") != std::string::npos) return true;
  for (const std::string& one : ci_variables(text))
    if (!state.on_server && !out_.ssh_key) out_.ssh_key = Found{one, at};
  return !state.on_server || target.find(".ssh/") != std::string::npos;
}

// A command whose output becomes a file: `.env`, the ssh configuration, a key.
bool ShellWalk::written(const Lines& all, std::size_t i, const std::vector<std::string>& words,
                        ShellState& state) {
  const ShellLine& line = all[i];
  const Place at = place(line, state);
  std::string target;
  bool appends = false;
  for (const ShellLine::Redirect& one : line.redirects)
    if (one.operation.starts_with('>')) {
      target = text_of(one.target, state);
      appends = one.operation == ">>";
    }
  const bool sets = words[0] == "sed" && std::ranges::any_of(words, [](const std::string& word) {
                      return word.starts_with("-i") || word == "--in-place";
                    });
  if (words[0] == "tee" || sets) {
    target = words.back();
    appends = sets || std::ranges::any_of(
                          words, [](const std::string& word) { return one_of(word, {"-a", "--append"}); });
  }
  if (target.empty() || target.starts_with("/dev/")) return false;
  const bool is_group =
      line.is("}") || (line.words.empty() && std::ranges::find(line.keywords, ")") != line.keywords.end());
  const Output output = sets       ? Output{set_by_sed(words), true, false}
                        : is_group ? output_of_group(all, i, state)
                                   : output_of(all, i, state);
  if (handed_on(target, output.text, state)) return true;
  if (is_ssh_file(target, joined(words) + output.text, at, state)) return true;
  const std::string name = target.substr(target.rfind('/') + 1);
  if (sets && name.find("compose") != std::string::npos) {
    out_.leave(at, joined(words),
               "it rewrites the compose file: write a variable there, and name it in values");
    return true;
  }
  const bool is_env = is_env_file(name);
  if (sets && !is_env && state.on_server) {
    out_.leave(
        at, joined(words),
        "it changes a file on the server: put the file into the repository, or write it as a hook by hand");
    return true;
  }
  if (!is_env && (sets || !(is_group || decodes(words) ||
                            one_of(words[0], {"echo", "printf", "cat", "tee", "envsubst"}))))
    return false;
  FileFound made{at,
                 on_which_path(target, state),
                 output.text,
                 state.on_server,
                 !appends,
                 output.is_known,
                 output.first_line,
                 output.decoded};
  if (sets && made.text.empty()) return true;  // it takes a line away, that another command writes again
  out_.files.push_back(std::move(made));
  return true;
}

// On the runner from the repository's root, on the server as it is typed there.
std::string ShellWalk::on_which_path(const std::string& target, const ShellState& state) const {
  std::string path = path_of(target, state);
  if (!state.on_server && !state.test_directory.empty() && !path.starts_with('/') && is_known(path))
    path = path_of(state.test_directory, {}) + "/" + path;
  return path;
}

}  // namespace belay::importer
