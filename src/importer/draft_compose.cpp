#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "importer/drafting.hpp"

namespace belay::importer {
namespace {

const std::initializer_list<const char*> default_compose_files = {
    "compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"};

void read_compose(Drafting& d, const std::string& path) {
  for (const ComposeFile& file : d.compose_files)
    if (file.path == path) d.files.push_back(&file);
}

std::string default_name(const Drafting& d) {
  for (const char* name : default_compose_files)
    if (d.repository.find(d.in_source(name))) return name;
  return "";
}

void further_keys(Drafting& d, const ComposeCall& call) {
  if (!call.project.empty() && is_known(call.project))
    d.one.entries.push_back({"project", {scalar(as_belay_text(call.project))}, from(call.at)});
  if (!call.env_files.empty() &&
      std::ranges::all_of(call.env_files, [](const std::string& file) { return is_known(file); })) {
    std::vector<std::string> files;
    for (std::string file : call.env_files) {
      while (file.starts_with("./")) file.erase(0, 2);
      files.push_back(as_belay_text(file));
    }
    if (files != std::vector<std::string>{".env"})
      d.one.entries.push_back(
          {"env_files", {files.size() == 1 ? scalar(files.front()) : flow(files)}, from(call.at)});
  }
}

void default_compose(Drafting& d) {
  for (const ComposeCall& call : d.one.findings.compose)
    if (call.verb == "up") {
      further_keys(d, call);
      break;
    }
  for (const char* name : default_compose_files) {
    const std::string inner = d.inside.empty() ? name : d.inside + "/" + name;
    if (!d.repository.find(d.in_source(inner))) continue;
    read_compose(d, d.in_source(inner));
    if (!d.inside.empty()) d.one.entries.push_back({"compose", {scalar(as_belay_text(inner))}, ""});
    if (d.one.findings.transports.empty() && !d.one.findings.compose.empty())
      d.one.findings.leave(d.one.findings.compose.front().at, inner,
                           "the workflow sends no file: the one on the server counts there. belay ships the "
                           "repository's; compare them",
                           true);
    return;
  }
  if (!d.one.findings.compose.empty() && d.one.findings.transports.empty()) {
    d.one.entries.push_back(
        gap("compose", "{ host: FILE }, the compose file on the server: the repository has none"));
    return;
  }
  std::vector<std::string> all;
  for (const ComposeFile& file : d.compose_files) all.push_back(file.path);
  if (all.size() == 1 && d.source == ".") {
    read_compose(d, all.front());
    d.one.entries.push_back({"compose", {scalar(all.front())}, ""});
  } else {
    d.one.entries.push_back(
        gap("compose", all.empty() ? std::string("the compose file: the repository has none")
                                   : fmt::format("which compose file: {}", fmt::join(all, ", "))));
  }
}

}  // namespace

void draft_compose(Drafting& d) {
  d.files.clear();
  Findings& findings = d.one.findings;
  std::vector<std::string> names;
  const ComposeCall* named = nullptr;
  for (const ComposeCall& call : findings.compose)
    if (!call.files.empty() && (!named || call.verb == "up")) named = &call;
  if (named)
    for (std::string file : named->files) {
      while (file.starts_with("./")) file.erase(0, 2);
      const auto inner = below(d.directory, file);
      names.push_back(inner && !d.directory.empty()               ? *inner
                      : d.inside.empty() || file.starts_with('/') ? file
                                                                  : d.inside + "/" + file);
    }
  if (named && !std::ranges::all_of(names, [](const std::string& name) { return is_known(name); })) {
    d.one.entries.push_back(
        gap("compose", fmt::format("the compose file; the workflow says {} ({})",
                                   as_shown(fmt::format("{}", fmt::join(names, " "))), from(named->at))));
    return;
  }
  if (!named) return default_compose(d);
  const bool nothing_sent = findings.transports.empty() && !findings.compose.empty();
  const bool there = std::ranges::all_of(names, [&](const std::string& name) {
    return d.repository.find(d.in_source(name)) != nullptr || has_ci_variable(name);
  });
  if (((nothing_sent || d.elsewhere) && !there) || names.front().starts_with('/')) {
    std::vector<std::string> files;
    for (const std::string& name : names)
      files.push_back(as_belay_text(name.starts_with('/') ? name : d.directory + "/" + name));
    d.one.entries.push_back(
        {"compose",
         {fmt::format("{{ host: {} }}", files.size() == 1 ? scalar(files.front()) : flow(files))},
         "it lies on the server: " + from(named->at)});
    return;
  }
  for (std::string& name : names) {
    if (!there && !d.repository.find(d.in_source(name)))
      findings.leave(named->at, name, "the compose file was not found in the repository");
    read_compose(d, d.in_source(name));
    name = as_belay_text(name);
  }
  const bool usual = names.size() == 1 && names.front() == default_name(d);
  if (!usual)
    d.one.entries.push_back(
        {"compose", {names.size() == 1 ? scalar(names.front()) : flow(names)}, from(named->at)});
  further_keys(d, *named);
}

}  // namespace belay::importer
