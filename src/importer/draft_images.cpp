#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "importer/command_words.hpp"
#include "importer/drafting.hpp"

namespace belay::importer {
namespace {

// That the images of the released services come from; empty: from several, or it is not said.
std::string registry_of_images(const Drafting& d) {
  std::set<std::string> registries;
  for (const ComposeFile* file : d.files)
    for (const ComposeService& service : file->services) {
      if (service.image.empty() || !d.releases(service.name)) continue;
      const std::string first = service.image.substr(0, service.image.find('/'));
      const bool is_host =
          first.size() < service.image.size() && first.find_first_of(".:") != std::string::npos;
      registries.insert(is_host && first.find('$') == std::string::npos ? first : "");
    }
  return registries.size() == 1 ? *registries.begin() : "";
}

/// Commands on the runner whose files are sent.
struct LocalBuild {
  std::vector<std::string> run, ship;
  Place at;
};

std::string text_of(const LocalBuild& local) {
  return local.ship.empty() ? flow(local.run)
                            : fmt::format("{{ run: {}, ship: {} }}", flow(local.run), flow(local.ship));
}

bool is_in_written_file(const Findings& findings, const std::string& variable) {
  return std::ranges::any_of(findings.files, [&](const FileFound& file) {
    return file.text.starts_with(variable + "=") ||
           file.text.find("\n" + variable + "=") != std::string::npos;
  });
}

// Whether the runner sends its whole checkout, with what was built in it.
bool sends_what_is_built(const Drafting& d) {
  for (const Transport& sent : d.one.findings.transports) {
    if (sent.kind == Transport::Kind::git) continue;
    const bool leaves_out = std::ranges::any_of(sent.excludes, [](std::string one) {
      while (one.starts_with('/') || one.starts_with("./")) one.erase(0, one.find('/') + 1);
      return one_of(without_slash(one),
                    {"dist", "build", "out", "target", "public", ".next", ".output", "bin"});
    });
    const bool whole = sent.sources.size() == 1 && (one_of(sent.sources[0], {".", "./", "*"}) ||
                                                    without_slash(sent.sources[0]) == d.source);
    if (whole && !leaves_out) return true;
  }
  return false;
}

// The build's commands go from the tests to build.local, and what it needs to be installed is done for both.
std::optional<LocalBuild> local_build(Drafting& d) {
  Findings& findings = d.one.findings;
  if (d.made_here.empty() && !sends_what_is_built(d)) return std::nullopt;
  const auto is_own = [&](const Found& one) { return !d.made_here.empty() || !one.of_other_job; };
  const bool in_tests = std::ranges::any_of(
      findings.tests, [&](const Found& one) { return is_own(one) && is_build(one.text); });
  LocalBuild made{{}, d.made_here, {}};
  const auto take = [&](const Found& one) {
    if (!is_build(one.text) && !is_install(one.text)) return;
    if (const auto command = typed_in_source(d, one)) add_new(made.run, {as_belay_text(*command)});
    if (!made.at.line || is_build(one.text)) made.at = one.at;
  };
  if (in_tests)
    for (const Found& one : findings.tests)
      if (is_own(one)) take(one);
  for (const Found& one : findings.local_commands) take(one);
  if (std::ranges::none_of(made.run, [](const std::string& one) { return is_build(one); })) {
    for (const std::string& one : d.made_here)
      findings.leave(main_transport(findings)->at, one,
                     "it is sent, and it is not in the repository: write what builds it as build.local");
    return std::nullopt;
  }
  std::erase_if(findings.tests, [&](const Found& one) { return is_own(one) && is_build(one.text); });
  // What was installed for the build alone.
  const auto is_alone = [&](const Found& one) {
    const auto directory = [](const Found& other) {
      return other.text.substr(0, other.text.find('\x04') + 1);
    };
    return is_install(one.text) && std::ranges::none_of(findings.tests, [&](const Found& other) {
             return !is_install(other.text) && directory(other) == directory(one) &&
                    other.of_other_job == one.of_other_job;
           });
  };
  std::vector<Found> kept;
  for (const Found& one : findings.tests)
    if (!is_own(one) || !is_alone(one)) kept.push_back(one);
  findings.tests = std::move(kept);
  return made;
}

}  // namespace

void draft_images(Drafting& d) {
  Findings& findings = d.one.findings;
  const bool loads = std::ranges::any_of(findings.not_taken,
                                         [](const NotTaken& left) { return left.what == "docker load"; });
  const bool pulls =
      std::ranges::any_of(findings.compose, [](const ComposeCall& call) { return call.verb == "pull"; }) ||
      std::ranges::any_of(findings.not_taken,
                          [](const NotTaken& left) { return left.what.starts_with("docker pull"); });
  const bool builds = std::ranges::any_of(findings.compose, &ComposeCall::builds);
  const std::string place = loads || findings.builds_here ? "here" : pulls && !builds ? "image" : "";
  const std::string why = place == "here" ? "built where belay runs, and sent"
                          : place == "image"
                              ? "pulled, not built: keep the job that builds and pushes, before belay"
                              : "";
  const std::optional<LocalBuild> local = local_build(d);
  if (local)
    d.add({"build",
           {fmt::format("{{ {}local: {} }}", place.empty() ? "" : "at: " + place + ", ", text_of(*local))},
           from(local->at) + (why.empty() ? "" : "; " + why)});
  else if (!place.empty())
    d.add({"build", {place}, why});
  std::vector<std::string> values;
  bool is_commit = false;
  for (const std::string& name : d.released)
    if (const ComposeService* const known = d.service(name))
      for (const std::string& variable : known->variables)
        for (const auto& [set, value] : findings.set_variables)
          if (set == variable && !is_in_written_file(findings, variable)) {
            add_new(values, {variable});
            is_commit = is_commit || value.text == ci_variable("GITHUB_SHA") ||
                        value.text == ci_variable("CI_COMMIT_SHA");
          }
  if (!values.empty())
    d.add({"values",
           {flow(values)},
           std::string("in the image's name; the CI step sets them") +
               (is_commit ? ". The commit needs none: ${BELAY_COMMIT} in the compose file" : "")});
  std::vector<std::string> lines;
  Place at;
  std::set<std::string> told;
  for (LoginFound login : findings.logins) {
    if (!is_known(login.registry) || !told.insert(login.registry).second) continue;
    if (has_ci_variable(login.registry)) {
      const std::string named = registry_of_images(d);
      if (named.empty()) {
        findings.leave(login.at, "docker login " + login.registry,
                       "the registry's name is a variable of the CI: write it in registries");
        continue;
      }
      login.registry = named;
    }
    if (!is_known(login.user) || !is_known(login.password) || login.user.empty() ||
        !has_ci_variable(login.password)) {
      findings.leave(login.at, "docker login " + login.registry,
                     "the login's user or password is not a variable of the CI: write it in registries");
      continue;
    }
    lines.push_back(fmt::format("{}: {{ user: {}, password: {} }}", scalar(as_belay_text(login.registry)),
                                scalar(as_belay_text(login.user)), scalar(as_belay_text(login.password))));
    at = login.at;
  }
  if (lines.size() == 1) d.one.entries.push_back({"registries", {"{ " + lines.front() + " }"}, from(at)});
  if (lines.size() > 1) d.one.entries.push_back({"registries", lines, from(at)});
}

}  // namespace belay::importer
