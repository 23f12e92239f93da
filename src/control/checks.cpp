#include "control/checks.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/human.hpp"

namespace belay {

namespace {

using Weight = Finding::Weight;

Finding fine(std::string subject, std::string text) {
  return {Weight::ok, std::move(subject), std::move(text), {}};
}
Finding warning(std::string subject, std::string text, std::string remedy) {
  return {Weight::warning, std::move(subject), std::move(text), std::move(remedy)};
}
Finding problem(std::string subject, std::string text, std::string remedy) {
  return {Weight::problem, std::move(subject), std::move(text), std::move(remedy)};
}

std::string joined(const std::vector<std::string>& words, const char* separator, std::size_t most = 10) {
  std::string text;
  for (std::size_t i = 0; i < std::min(words.size(), most); ++i) text += (i == 0 ? "" : separator) + words[i];
  if (words.size() > most) text += fmt::format("{}and {} more", separator, words.size() - most);
  return text;
}

}  // namespace

Finding checked_host_key(const KeyOfHost& key) {
  const std::string of = key.jump_to.empty() ? "" : "jump host " + key.host + ": ";
  if (!key.pin.empty()) return fine("host key", of + "is the pinned " + key.pin);
  if (!key.offered) return fine("host key", of + "known by known_hosts");
  return fine("host key",
              fmt::format("{}known by known_hosts; to pin it, which a machine without known_hosts needs, in "
                          "belay.yml:\n{}",
                          of, pinning_line(key)));
}

Finding checked_docker(const HostFacts& facts) {
  if (!facts.docker_problem.empty())
    return problem("docker", facts.docker_problem,
                   facts.docker_next.empty()
                       ? "start Docker there, and let the user reach its socket (group docker)"
                       : facts.docker_next);
  if (!at_least(facts.docker_version, docker_needed))
    return problem("docker",
                   fmt::format("Docker {} is too old: belay speaks the API of {} and newer",
                               facts.docker_version, docker_needed),
                   "update Docker on the host");
  return fine("docker", "Docker " + facts.docker_version);
}

Finding checked_compose(const HostFacts& facts) {
  if (facts.compose_version.empty())
    return problem("compose", "`docker compose` is missing on the host",
                   "install the docker-compose-plugin there");
  if (!at_least(facts.compose_version, compose_needed))
    return problem(
        "compose",
        fmt::format("Compose {} is too old: belay needs {} to resolve a model and to create beside what runs",
                    facts.compose_version, compose_needed),
        "update the docker-compose-plugin on the host");
  return fine("compose", "Compose " + facts.compose_version);
}

std::optional<Finding> checked_buildx(const HostFacts& facts) {
  const bool builds_with_it = at_least(facts.compose_version, compose_with_buildx);
  if (!builds_with_it || facts.buildx_version.empty() || at_least(facts.buildx_version, buildx_needed))
    return std::nullopt;
  // Where compose could not tell what is built, a build is taken for granted.
  if (facts.project && facts.project->problem.empty() && !facts.project->builds) return std::nullopt;
  return problem("buildx",
                 fmt::format("buildx {} is too old: Compose {} builds with {} or newer", facts.buildx_version,
                             facts.compose_version, buildx_needed),
                 "update the docker-buildx-plugin on the host; or build elsewhere: build: here");
}

Finding checked_rsync(const std::string& version, const std::string& where) {
  if (version.empty()) return problem("rsync", "rsync is missing " + where, "install rsync " + where);
  if (!at_least(version, rsync_needed))
    return problem("rsync",
                   fmt::format("rsync {} {} is too old: belay needs {}", version, where, rsync_needed),
                   "update rsync " + where);
  return fine("rsync", fmt::format("rsync {} {}", version, where));
}

Finding checked_path(const HostFacts& facts, const std::filesystem::path& path) {
  if (facts.path_exists && !facts.path_writable)
    return problem("directory", path.string() + " cannot be written by the user there",
                   "chown it, or log in as its owner");
  if (!facts.path_exists && !facts.path_writable)
    return problem("directory", path.string() + " is not there and cannot be made by the user",
                   "make it there, owned by the user");
  return fine("directory",
              path.string() + (facts.path_exists ? "" : " is not there yet; the first deployment makes it"));
}

Finding checked_disk(const HostFacts& facts, std::uint64_t source_bytes) {
  const std::uint64_t floor = 512'000'000 + 3 * source_bytes;
  const std::string free = human_bytes(facts.bytes_free) + " free";
  const std::string remedy =
      "make room: docker system df shows what Docker holds; or lower `keep` and `backup.keep` in belay.yml";
  if (facts.bytes_free < floor)
    return problem("disk", fmt::format("{}; a deployment of this source needs {}", free, human_bytes(floor)),
                   remedy);
  if (facts.inodes_free > 0 && facts.inodes_free < 10'000)
    return problem("disk", fmt::format("{}, but only {} inodes", free, facts.inodes_free), remedy);
  if (facts.bytes_free < 2 * floor)
    return warning(
        "disk",
        fmt::format("{}, which is little: a deployment of this source needs {}", free, human_bytes(floor)),
        remedy);
  return fine("disk", free);
}

Finding checked_clock(std::chrono::milliseconds skew, std::chrono::milliseconds uncertain) {
  const auto apart = std::chrono::milliseconds(std::abs(skew.count()));
  if (apart - uncertain <= std::chrono::seconds(5)) return fine("clock", "agrees with this machine's");
  return warning(
      "clock",
      fmt::format("the host's clock is {} {} this machine's", human_duration(apart),
                  skew.count() > 0 ? "ahead of" : "behind"),
      "releases and backups are named by the host's time: synchronise its clock (chrony, systemd-timesyncd)");
}

std::vector<Finding> checked_project(const ProjectFacts& project) {
  if (!project.problem.empty())
    return {problem("compose file", project.problem,
                    project.next.empty() ? "correct the compose file, or belay.yml" : project.next)};
  std::vector<Finding> findings;
  findings.push_back(
      fine("compose file", fmt::format("{}: project {}, releases {}", joined(project.files, ", "),
                                       project.name, joined(project.services, ", "))));
  if (!project.warnings.empty())
    findings.push_back(
        warning("compose file", joined(project.warnings, "\n"),
                "set what is missing in .env on the host, or give it a default in the compose file"));
  for (const auto& [dockerfile, file] : project.wanted)
    findings.push_back(warning(
        "build",
        fmt::format("{} names {}, which is on the server and not in what is shipped", dockerfile, file),
        fmt::format("commit it, or let belay copy it into the build context: build: {{ with: [{}] }}",
                    file)));
  for (const auto& accessory : project.accessories)
    findings.push_back(
        warning("accessory", accessory.what, "to recreate it, after the deployment:  " + accessory.remedy));
  for (const auto& service : project.old_files)
    findings.push_back(warning("mounted file", service.what,
                               "to bring it up to date, after the deployment:  " + service.remedy));
  for (const auto& obstacle : project.obstacles)
    findings.push_back(problem(obstacle.subject, text_of(obstacle), obstacle.remedy));
  return findings;
}

std::optional<Finding> checked_ports(const ProjectFacts& project) {
  if (std::ranges::find(project.obstacles, "ports", &Obstacle::subject) != project.obstacles.end()) return {};
  if (project.ports.empty()) return fine("ports", "none are published");
  std::vector<std::string> words;
  for (const int port : project.ports) words.push_back(std::to_string(port));
  return fine("ports", joined(words, ", ") + (words.size() == 1 ? " is" : " are") + " free or the app's own");
}

Finding checked_backup(const HostFacts& facts, const PostgresBackup& backup) {
  const std::string state = facts.backup_container_state.value_or("absent");
  if (state == "absent")
    return problem(
        "backup", "there is no container " + backup.container,
        "correct backup: postgres: container: in belay.yml (docker ps shows the names). On a server "
        "where the database has never run, start it once: docker compose up -d, and its service");
  if (state != "running")
    return problem("backup", fmt::format("container {} is {}, not running", backup.container, state),
                   "start it: docker start " + backup.container);
  if (!facts.backup_problem.empty())
    return problem(
        "backup",
        fmt::format("{} cannot connect to {} in container {}: {}", backup.user, backup.database,
                    backup.container, facts.backup_problem),
        facts.backup_problem.contains("password")
            ? "belay takes the container's own POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE: correct it there"
            : "correct backup: postgres: in belay.yml");
  return fine("backup", fmt::format("container {} runs, and {} can connect", backup.container, backup.user));
}

Finding checked_boot_recovery(const HostFacts& facts, const std::string& environment) {
  if (facts.boot_recovery.empty())
    return warning("boot recovery",
                   "not installed: after a power cut only the next command finishes or undoes a deployment",
                   "once: belay host install " + environment);
  return fine("boot recovery", "installed (" + facts.boot_recovery + ")");
}

std::optional<Finding> checked_login(const HostFacts& facts) {
  if (facts.bound_to_login.empty()) return std::nullopt;
  return warning(
      "login",
      "a deployment may end when the login that began it ends: systemd gives it no scope of its own\n" +
          facts.bound_to_login,
      "where logind.conf has KillUserProcesses=yes: loginctl enable-linger there, once");
}

Finding checked_releases(const HostFacts& facts) {
  if (facts.busy) return warning("release", "a deployment is under way", "watch it: belay attach");
  if (!facts.lost.empty()) {
    std::vector<std::string> lines;
    for (const auto& [release, what] : facts.lost) lines.push_back(release + ": " + what);
    return warning(
        "release", joined(lines, "\n"),
        "do not run docker image prune -a on the host: it removes every image that no container uses");
  }
  if (!facts.current_release.empty())
    return fine("release", fmt::format("{} serves, {} kept", facts.current_release, facts.releases.size()));
  if (!facts.containers.empty())
    return fine("release",
                fmt::format("none of belay's; belay adopts the running {} as the release to roll back to",
                            facts.containers.front().name));
  return fine("release", "none yet: a first deployment has no release to roll back to");
}

static Finding checked_certificate(const EdgeCertificate& certificate, Time now) {
  if (!certificate.problem.empty())
    return problem("certificate", certificate.problem, "put it there, or correct `edge.tls` in belay.yml");
  const auto shown =
      fmt::format("{}, until {}", joined(certificate.names, ", "), iso8601(certificate.until).substr(0, 10));
  const auto remedy = "renew it; then: belay host reload";
  if (certificate.until < now) return warning("certificate", shown + ", which is past", remedy);
  if (certificate.until < now + std::chrono::days(14)) return warning("certificate", shown, remedy);
  return fine("certificate", shown);
}

std::string http_at_edge(const HostFacts& facts, const EdgeConfig& edge) {
  if (!facts.project) return {};
  auto ports = facts.project->ports;
  std::erase_if(ports, [&](int port) { return std::ranges::find(edge.tcp, port) != edge.tcp.end(); });
  return ports.empty() ? "" : fmt::format("it speaks HTTP on {}", fmt::join(ports, ", "));
}

std::vector<Finding> checked_edge(const HostFacts& facts, const EdgeConfig& edge) {
  std::vector<Finding> findings;
  const auto http = http_at_edge(facts, edge);
  findings.reserve(1 + facts.certificates.size());
  if (facts.edge_image_there)
    findings.push_back(
        *facts.edge_image_there
            ? fine("edge", edge.image + " is on the host" + (http.empty() ? "" : "; " + http))
            : warning(
                  "edge", edge.image + " is not on the host yet: the deployment that needs it pulls it",
                  fmt::format("to be sure that the pull works:  docker pull {}  on the host", edge.image)));
  for (const auto& certificate : facts.certificates)
    findings.push_back(checked_certificate(certificate, facts.clock));
  return findings;
}

Finding checked_edits(const std::vector<std::string>& edited) {
  if (edited.empty()) return fine("edited files", "none is replaced");
  return warning(
      "edited files",
      fmt::format("{} not as the release that serves brought {}, and a deployment replaces {}:\n{}",
                  edited.size() == 1 ? "a file on the server is"
                                     : fmt::format("{} files on the server are", edited.size()),
                  edited.size() == 1 ? "it" : "them", edited.size() == 1 ? "it" : "them",
                  joined(edited, "\n")),
      "commit the changes that should stay; belay keeps the edited files beside the release");
}

std::vector<Finding> checked_host(const EnvironmentConfig& environment, const HostFacts& facts,
                                  std::uint64_t source_bytes) {
  std::vector<Finding> findings{checked_docker(facts)};
  // Without Docker nobody knows what else it would have answered.
  if (!facts.docker_version.empty()) findings.push_back(checked_compose(facts));
  if (environment.build.at == BuildRule::At::host)
    if (auto buildx = checked_buildx(facts)) findings.push_back(std::move(*buildx));
  findings.push_back(checked_rsync(facts.rsync_version, "on the host"));
  findings.push_back(checked_path(facts, environment.path));
  findings.push_back(checked_disk(facts, source_bytes));
  if (facts.project) {
    for (auto& finding : checked_project(*facts.project)) findings.push_back(std::move(finding));
    if (facts.project->problem.empty())
      if (auto ports = checked_ports(*facts.project)) findings.push_back(std::move(*ports));
  }
  if (environment.edge)
    for (auto& finding : checked_edge(facts, *environment.edge)) findings.push_back(std::move(finding));
  if (environment.backup && facts.docker_problem.empty())
    findings.push_back(checked_backup(facts, *environment.backup));
  return findings;
}

std::vector<std::string> named_in_failure(const std::vector<std::string>& files,
                                          const event::StepFailed& failed) {
  std::string words = failed.message + "\n" + failed.why;
  for (const auto& line : failed.container_log) words += "\n" + line;
  std::vector<std::string> named;
  for (const auto& hidden : files) {
    const std::filesystem::path file(hidden.substr(0, hidden.rfind(" (excluded by ")));
    const auto directory = file.parent_path().filename();
    const auto name = directory.empty() ? file.filename() : directory / file.stem();
    if (words.contains(name.string())) named.push_back(hidden);
  }
  return named;
}

Finding checked_excludes(const std::vector<std::string>& hidden) {
  if (hidden.empty()) return fine("excludes", "hide no file that git tracks");
  return warning("excludes",
                 fmt::format("{} {} tracked by git but not shipped:\n{}", hidden.size(),
                             hidden.size() == 1 ? "file is" : "files are", joined(hidden, "\n")),
                 "if one is needed there, anchor the pattern: /uploads means the top directory only");
}

Finding checked_pointers(const std::vector<std::string>& pointers) {
  if (pointers.empty()) return fine("git-lfs", "every file is there with its contents");
  return problem(
      "git-lfs",
      fmt::format("{} a pointer of git-lfs here, and {} contents are not in its store:\n{}",
                  pointers.size() == 1 ? "a file is" : fmt::format("{} files are each", pointers.size()),
                  pointers.size() == 1 ? "its" : "their", joined(pointers, "\n")),
      "fetch the contents:  git lfs pull  (of a commit that is not checked out:  git lfs fetch origin "
      "COMMIT)\nor leave the files out: sync: { exclude: […] } in belay.yml");
}

Finding checked_submodules(const std::vector<git::AbsentSubmodule>& absent) {
  if (absent.empty()) return fine("submodules", "none is missing");
  std::vector<std::string> lines;
  for (const auto& [path, why] : absent) lines.push_back(fmt::format("{}: {}", path, why));
  return problem(
      "submodules",
      fmt::format("{} not on this machine:\n{}",
                  absent.size() == 1 ? "the files of a submodule are"
                                     : fmt::format("the files of {} submodules are", absent.size()),
                  joined(lines, "\n")),
      "fetch them:  git submodule update --init --recursive\nor leave them out: sync: { exclude: "
      "[…] } in belay.yml");
}

}  // namespace belay
