#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "importer/drafting.hpp"

namespace belay::importer {
namespace {

void take_source_of_rsync(Drafting& d, const Transport& sent) {
  Findings& findings = d.one.findings;
  if (sent.sources.empty()) return;
  std::string source = sent.sources.front();
  while (source.starts_with("./")) source.erase(0, 2);
  if (sent.sources.size() > 1)
    findings.leave(
        sent.at, fmt::format("{}", fmt::join(sent.sources, " ")),
        "the workflow sends these alone; belay sends one source: compare `source` and `sync.exclude`");
  if (sent.sources.size() > 1 || source.empty() || source == "." || has_ci_variable(source) ||
      !is_known(source))
    return;
  const std::string folder = without_slash(source);
  if (!d.repository.has(folder) || d.repository.find(folder)) {
    // dist/ → …/dist: the directory is the one above.
    if (source.ends_with('/') && base_name(d.directory) == base_name(folder) &&
        d.directory.find('/') != std::string::npos)
      d.directory.resize(d.directory.rfind('/'));
    else if (source.ends_with('/'))
      findings.leave(sent.at, source,
                     fmt::format("its files go to {} itself; belay ships them as {} there",
                                 as_shown(d.directory), folder));
    return;
  }
  if (!source.ends_with('/')) d.directory += "/" + base_name(folder);
  d.source = folder;
  d.source_at = sent.at;
}

// A copy that carries nothing but files that the workflow writes brings no source.
void set_aside_written_files(Drafting& d) {
  Findings& findings = d.one.findings;
  const auto is_written = [&](const std::string& source) {
    return std::ranges::any_of(findings.files, [&](const FileFound& file) {
      return !file.on_server && (file.path == source || base_name(file.path) == base_name(source));
    });
  };
  std::vector<Transport> others;
  for (Transport& sent : findings.transports) {
    const bool carries_written = sent.kind != Transport::Kind::git && !sent.sources.empty() &&
                                 std::ranges::all_of(sent.sources, is_written);
    (carries_written ? d.sent_files : others).push_back(std::move(sent));
  }
  findings.transports = std::move(others);
}

// Of what is sent, what the repository does not have: a build makes it first.
void find_made_files(Drafting& d) {
  for (const Transport& sent : d.one.findings.transports)
    for (std::string source : sent.kind == Transport::Kind::git ? std::vector<std::string>{} : sent.sources) {
      while (source.starts_with("./")) source.erase(0, 2);
      if (const std::size_t star = source.find('*'); star != std::string::npos)
        source = source.substr(0, source.rfind('/', star) == std::string::npos ? 0 : source.rfind('/', star));
      source = without_slash(source);
      const bool is_below = !source.empty() && source != "." && !source.starts_with('/') &&
                            !source.starts_with('~') && source.find("..") == std::string::npos;
      const bool is_written = std::ranges::any_of(d.one.findings.files, [&](const FileFound& file) {
        return base_name(file.path) == base_name(source);
      });
      if (is_below && !is_written && is_known(source) && !has_ci_variable(source) &&
          !d.repository.has(source))
        add_new(d.made_here, {source});
    }
}

}  // namespace

void find_place(Drafting& d) {
  Findings& findings = d.one.findings;
  set_aside_written_files(d);
  find_made_files(d);
  const Transport* const sent = main_transport(d.one.findings);
  std::string typed;
  for (const ComposeCall& call : findings.compose)
    if (typed.empty() || call.verb == "up") typed = call.directory.empty() ? typed : call.directory;
  if (sent) {
    d.directory = without_slash(sent->target);
    d.directory_at = sent->at;
    if (sent->kind == Transport::Kind::rsync) take_source_of_rsync(d, *sent);
    if (sent->kind == Transport::Kind::copy && !sent->sources.empty() &&
        !one_of(sent->sources.front(), {".", "./", "*", "./*"}))
      findings.leave(sent->at, fmt::format("{}", fmt::join(sent->sources, ", ")),
                     "the workflow sends these alone; belay sends the whole source: compare `source` and "
                     "`sync.exclude`");
  }
  if (typed.empty() && d.directory.empty() && !d.sent_files.empty()) {
    d.directory = without_slash(d.sent_files.front().target);
    d.directory_at = d.sent_files.front().at;
  }
  // Nothing more is known of a script that was not read.
  if (typed.empty() && d.directory.empty() && findings.compose.empty() && !findings.directories.empty()) {
    const Found& first = findings.directories.front();
    if (std::ranges::all_of(findings.directories, [&](const Found& one) { return one.text == first.text; })) {
      d.directory = without_slash(first.text);
      d.directory_at = first.at;
    }
  }
  if (!typed.empty() && d.directory.empty()) {
    d.directory = typed;
    d.directory_at = findings.directories.empty() ? Place{} : findings.directories.back().at;
  } else if (!typed.empty() && typed != d.directory) {
    if (const auto inner = below(d.directory, typed)) {
      d.inside = *inner;
    } else if (typed.starts_with('/') || typed.starts_with(ci_begin)) {
      findings.leave(
          findings.compose.back().at, typed,
          fmt::format("compose is typed there, and not in {}, where the code goes: the stack lies elsewhere",
                      as_shown(d.directory)));
      d.directory = typed;
      d.elsewhere = true;
    }
  }
}

void draft_triggers(Environment& one) {
  if (one.branches.empty() && one.tags.empty()) return;
  if (one.manual) {
    one.findings.leave(one.branches_at, "when: manual",
                       "somebody starts it: so this environment has no `on`, and the CI's job stays manual");
    return;
  }
  std::vector<std::string> paths = one.paths;
  std::string value = "{ push: { ";
  if (!one.branches.empty()) value += "branches: " + flow(one.branches);
  if (!one.tags.empty()) value += (one.branches.empty() ? "tags: " : ", tags: ") + flow(one.tags);
  if (!paths.empty()) {
    add_new(paths, {"belay.yml"});
    value += ", paths: " + flow(paths);
  }
  if (!one.ignored_paths.empty()) value += ", paths-ignore: " + flow(one.ignored_paths);
  one.entries.push_back({"on", {value + " } }"}, from(one.branches_at)});
}

void draft_host(Drafting& d) {
  const Findings& findings = d.one.findings;
  if (findings.local && !findings.host) {
    d.one.entries.push_back({"host", {"local"}, "the runner is the server"});
    return;
  }
  if (findings.host && is_known(findings.host->text) && (!findings.user || is_known(findings.user->text))) {
    std::string text = (findings.user ? findings.user->text + "@" : "") + findings.host->text;
    if (findings.port && is_known(findings.port->text)) text += ":" + findings.port->text;
    d.one.entries.push_back({"host", {scalar(as_belay_text(text))}, from(findings.host->at)});
  } else if (!d.answers.host.empty()) {
    d.one.entries.push_back({"host", {scalar(d.answers.host)}});
  } else {
    d.unanswered.host = true;
    d.one.entries.push_back(
        gap("host", "where it runs, as ssh takes it: user@host, user@host:port or local"));
  }
  if (findings.host_key && findings.host_key->text.starts_with("SHA256:") &&
      is_known(findings.host_key->text))
    d.one.entries.push_back(
        {"host_key", {scalar(as_belay_text(findings.host_key->text))}, from(findings.host_key->at)});
  else
    d.one.entries.push_back(
        {"# host_key", {}, "belay check prints the line; compare the fingerprint before you write it here"});
}

void draft_path(Drafting& d) {
  const bool absolute = d.directory.starts_with('/') || d.directory.starts_with(ci_begin);
  if (absolute && is_known(d.directory) && d.directory != "/") {
    d.one.entries.push_back({"path", {scalar(as_belay_text(d.directory))}, from(d.directory_at)});
  } else if (!d.answers.path.empty()) {
    d.one.entries.push_back({"path", {scalar(d.answers.path)}});
  } else {
    d.unanswered.path = true;
    d.one.entries.push_back(
        gap("path", d.directory.empty()
                        ? std::string("the directory on the server: absolute")
                        : fmt::format("the directory on the server: absolute. The workflow says {}{}",
                                      as_shown(d.directory),
                                      d.directory_at.line ? " (" + from(d.directory_at) + ")" : "")));
  }
}

}  // namespace belay::importer
