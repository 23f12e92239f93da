#include <algorithm>

#include <fmt/core.h>

#include "importer/drafting.hpp"

namespace belay::importer {
namespace {

/// A file of the draft: the lines by name, or the one variable that is the whole of it.
struct Drafted {
  std::string path;
  Place at;
  std::vector<std::pair<std::string, std::string>> lines;
  std::string secret;
};

// The whole text is one variable of the CI.
std::string lone_variable(const std::string& text) {
  const std::vector<std::string> names = ci_variables(text);
  return names.size() == 1 && trimmed(text) == ci_variable(names.front()) ? names.front() : "";
}

bool is_sent_as(const Transport& sent, const std::string& path) {
  return std::ranges::any_of(sent.sources, [&](const std::string& source) {
    return source == path || source == "./" + path || (!source.starts_with('/') && source == base_name(path));
  });
}

// Where a file of the runner comes to lie, relative to the live directory. Nothing: it is not sent.
std::optional<std::string> sent_to(const Drafting& d, const FileFound& file) {
  for (const Transport& sent : d.sent_files)
    if (is_sent_as(sent, file.path)) {
      const auto inner = below(d.directory, without_slash(sent.target));
      const std::string name = sent.as_name.empty() ? base_name(file.path) : sent.as_name;
      if (!inner) return std::nullopt;
      return inner->empty() ? name : *inner + "/" + name;
    }
  for (const Transport& sent : d.one.findings.transports) {
    if (sent.kind == Transport::Kind::git) continue;
    const std::string name = base_name(file.path);
    if (std::ranges::find(sent.excludes, name) != sent.excludes.end()) continue;
    if (is_sent_as(sent, file.path)) return name;
    const auto inner = d.source == "." ? std::optional(file.path) : below(d.source, file.path);
    const bool whole =
        sent.sources.empty() || std::ranges::any_of(sent.sources, [&](const std::string& source) {
          return one_of(source, {".", "./", "*", "./*"}) || without_slash(source) == d.source;
        });
    if (whole && inner && !inner->empty() && !inner->starts_with('/')) return inner;
  }
  return std::nullopt;
}

std::optional<std::string> path_of(Drafting& d, const FileFound& file) {
  if (!file.on_server) return sent_to(d, file);
  if (!file.path.starts_with('/') && !file.path.starts_with('~') && !has_ci_variable(file.path))
    return file.path;
  return below(d.directory, file.path);
}

// What compose takes off a value: quotes, and a comment behind it.
std::string as_value(std::string text) {
  text = trimmed(text);
  const bool quoted =
      text.size() > 1 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  if (quoted) return text.substr(1, text.size() - 2);
  return trimmed(text.substr(0, text.find(" #")));
}

bool looks_secret(const std::string& name) {
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"PASSWORD", "SECRET", "TOKEN", "API_KEY", "PRIVATE"},
      [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

/// What the CI alone knows, and belay takes by name: the commit, a step's output.
bool is_of_the_run(const std::string& value) {
  return std::ranges::any_of(std::initializer_list<std::string_view>{"\x02GITHUB_", "$(steps.", "$(needs.",
                                                                     "$(github.", "$(inputs."},
                             [&](std::string_view part) { return value.find(part) != std::string::npos; });
}

void set(Drafted& into, const std::string& name, std::string value) {
  for (auto& [known, was] : into.lines)
    if (known == name) {
      was = std::move(value);
      return;
    }
  into.lines.emplace_back(name, std::move(value));
}

void read_lines(Drafting& d, const FileFound& file, Drafted& into) {
  Scope before;
  for (const auto& [name, value] : into.lines) before[name] = value;
  int row_number = 0;
  for (const std::string& row : split(file.text, '\n')) {
    const Place at{file.at.file, file.first_line > 0 ? file.first_line + row_number++ : file.at.line};
    const std::string line = trimmed(row.starts_with("export ") ? row.substr(7) : row);
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t equals = line.find('=');
    const std::string name = trimmed(line.substr(0, equals));
    if (equals == std::string::npos || !is_name(name)) {
      d.one.findings.leave(at, line, fmt::format("a line of {} that is no NAME=value", into.path));
      continue;
    }
    // A line may refer to one above it.
    std::string value = expanded(as_value(line.substr(equals + 1)), {before, {}, {}});
    if (value.find(std::string(1, plain_dollar) + "(") != std::string::npos)  // an expression, in quotes
      std::ranges::replace(value, plain_dollar, '$');
    if (is_of_the_run(value)) {
      set(into, name, ci_variable(name));
      d.one.given.emplace_back(name, value);
    } else if (!is_known(value)) {
      d.one.findings.leave(
          at, name,
          fmt::format("only the running script knows its value: keep the line in the server's {}",
                      into.path));
      continue;
    } else {
      set(into, name, value);
      if (looks_secret(name) && !has_ci_variable(value) && !value.empty())
        d.one.findings.leave(at, name,
                             "its value stands in the workflow, and now in belay.yml: better a secret", true);
    }
    before[name] = value;
  }
}

// Of a whole file: `secret: NAME`. Base64 is decoded in the CI's part.
bool read_whole(Drafting& d, const FileFound& file, Drafted& into) {
  const std::string name = lone_variable(file.text);
  if (name.empty()) return false;
  into.secret = name;
  if (file.decoded) {
    d.one.decoded.push_back(name);
    d.one.findings.leave(file.at, name,
                         "base64 in the CI, and belay takes the text itself: the CI's part decodes it first");
  }
  return true;
}

void read(Drafting& d, const FileFound& file, std::vector<Drafted>& all) {
  Findings& findings = d.one.findings;
  const bool is_env = base_name(file.path).find(".env") != std::string::npos;
  const auto path = path_of(d, file);
  if (!path || path->empty() || !is_known(*path)) {
    if (file.on_server)
      findings.leave(
          file.at, file.path,
          "a file outside of `path`, or in a place that only the server knows: belay writes none there");
    else if (is_env)
      findings.leave(
          file.at, file.path,
          "it is written on the runner, and nothing sends it: keep it with the step that needs it");
    return;
  }
  if (!file.is_known || (!is_env && lone_variable(file.text).empty())) {
    findings.leave(
        file.at, *path,
        is_env ? "what goes into it is not in the workflow: write env_file by hand, or keep the file on the "
                 "server"
               : "a file that the workflow writes: put it into the repository, or into env_file as a secret");
    return;
  }
  if (d.repository.has(d.in_source(*path))) {
    findings.leave(file.at, *path,
                   "the repository has this file, and belay replaces none of its files: take it out of git, "
                   "then write env_file",
                   true);
    return;
  }
  auto known = std::ranges::find(all, *path, &Drafted::path);
  if (known == all.end()) {
    all.push_back({*path, file.at, {}, {}});
    known = all.end() - 1;
  }
  if (file.starts_anew) *known = {*path, file.at, {}, {}};
  if (read_whole(d, file, *known)) return;
  if (file.decoded || !known->secret.empty()) {
    findings.leave(file.at, *path,
                   "lines beside the one secret that is the whole file: name each variable in env_file");
    return;
  }
  read_lines(d, file, *known);
}

std::vector<std::string> rendered_file(Environment& one, const Drafted& file) {
  if (!file.secret.empty()) {
    one.given.emplace_back(file.secret, ci_variable(file.secret));
    return {fmt::format("{}: {{ secret: {} }}", scalar(as_belay_text(file.path)), file.secret)};
  }
  std::vector<std::string> lines;
  for (const auto& [name, value] : file.lines) {
    const bool by_name = value == ci_variable(name);
    lines.push_back(by_name ? name : fmt::format("{}={}", name, as_belay_text(value)));
    if (by_name) one.given.emplace_back(name, value);
  }
  constexpr std::size_t longest = 88;
  const std::string key = scalar(as_belay_text(file.path)) + ":";
  if (const std::string all = flow(lines); all.size() + key.size() < longest) return {key + " " + all};
  std::vector<std::string> made = {key};
  for (const std::string& line : lines) made.push_back("  - " + scalar(line));
  return made;
}

}  // namespace

void draft_env_file(Drafting& d) {
  std::vector<Drafted> all;
  const std::vector<FileFound> files = d.one.findings.files;
  for (const FileFound& file : files) read(d, file, all);
  std::erase_if(all, [](const Drafted& file) { return file.lines.empty() && file.secret.empty(); });
  if (all.empty()) return;
  std::vector<std::string> lines, places;
  for (const Drafted& file : all) {
    for (std::string& line : rendered_file(d.one, file)) lines.push_back(std::move(line));
    add_new(places, {from(file.at)});
  }
  if (lines.size() == 1) lines.front() = "{ " + lines.front() + " }";
  std::string comment;
  for (const std::string& place : places) comment += (comment.empty() ? "" : ", ") + place;
  d.add({"env_file", lines, comment});
}

}  // namespace belay::importer
