#include "model/host_facts.hpp"

#include <filesystem>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "model/json_archive.hpp"
#include "model/release_json.hpp"
#include "model/running_container_json.hpp"

namespace belay {

namespace {

struct Backups {
  std::vector<BackupFile> backups;
};

struct Certificates {
  std::vector<EdgeCertificate> certificates;
};

}  // namespace

static void fields(auto& archive, Is<EdgeSlot> auto& slot) {
  archive("backend", slot.backend);
  archive("container", slot.container);
  archive("state", slot.state);
  archive("weight", slot.weight);
  archive("sessions", slot.sessions);
  archive("rate", slot.rate);
  archive("requests", slot.requests);
  archive("errors_5xx", slot.errors_5xx);
}

static void fields(auto& archive, Is<EdgeCertificate> auto& certificate) {
  archive.required("file", certificate.file);
  archive("names", certificate.names);
  archive("until", certificate.until);
  archive("taken_up", certificate.taken_up);
  archive("problem", certificate.problem);
}

static void fields(auto& archive, Is<Certificates> auto& list) {
  archive.required("certificates", list.certificates);
}

static void fields(auto& archive, Is<Obstacle> auto& obstacle) {
  archive("subject", obstacle.subject);
  archive("what", obstacle.what);
  archive("remedy", obstacle.remedy);
  archive("place", obstacle.place);
}

static void fields(auto& archive, Is<WantedFile> auto& wanted) {
  archive("dockerfile", wanted.dockerfile);
  archive("file", wanted.file);
}

static void fields(auto& archive, Is<LiveFile> auto& file) {
  archive.required("file", file.file);
  archive("id", file.id);
}

static void fields(auto& archive, Is<ServiceGap> auto& gap) {
  archive.required("service", gap.service);
  archive.required("kind", gap.kind);
  archive("ports", gap.ports);
}

static void fields(auto& archive, Is<PastSwitch> auto& past) {
  archive.required("run", past.run);
  archive("took", past.took);
  archive("proven", past.proven);
}

static void fields(auto& archive, Is<ProjectFacts> auto& project) {
  archive("name", project.name);
  archive("problem", project.problem);
  archive("next", project.next);
  archive("warnings", project.warnings);
  archive("files", project.files);
  archive("services", project.services);
  archive("builds", project.builds);
  archive("obstacles", project.obstacles);
  archive("variables", project.variables);
  archive("ports", project.ports);
  archive("wanted", project.wanted);
  archive("accessories", project.accessories);
  archive("old_files", project.old_files);
  archive("gaps", project.gaps);
  archive("switches", project.switches);
}

static void fields(auto& archive, Is<HostFacts> auto& facts) {
  archive("clock", facts.clock);
  archive("docker_version", facts.docker_version);
  archive("compose_version", facts.compose_version);
  archive("rsync_version", facts.rsync_version);
  archive("buildx_version", facts.buildx_version);
  archive("docker_problem", facts.docker_problem);
  archive("docker_next", facts.docker_next);
  archive("state", facts.state);
  archive("path_exists", facts.path_exists);
  archive("path_writable", facts.path_writable);
  archive("bytes_free", facts.bytes_free);
  archive("inodes_free", facts.inodes_free);
  archive("boot_recovery", facts.boot_recovery);
  archive("bound_to_login", facts.bound_to_login);
  archive("busy", facts.busy);
  archive("current_release", facts.current_release);
  archive("current_built", facts.current_built);
  archive("releases", facts.releases);
  archive("lost", facts.lost);
  archive("containers", facts.containers);
  archive("edges", facts.edges);
  archive("backup_container_state", facts.backup_container_state);
  archive("backup_problem", facts.backup_problem);
  archive("certificates", facts.certificates);
  archive("edge_image_there", facts.edge_image_there);
  archive("live_compose_hash", facts.live_compose_hash);
  archive("project", facts.project);
}

static void fields(auto& archive, Is<HostStatus> auto& status) {
  archive("current", status.current);
  archive("containers", status.containers);
  archive("edges", status.edges);
  archive("slots", status.slots);
  archive("certificates", status.certificates);
  archive("healthy", status.healthy);
  archive("health", status.health);
  archive("open_run", status.open_run);
  archive("bytes_free", status.bytes_free);
  archive("bytes_used_by_belay", status.bytes_used_by_belay);
}

static void fields(auto& archive, Is<BackupFile> auto& backup) {
  archive.required("path", backup.path);
  archive("bytes", backup.bytes);
  archive("taken", backup.taken);
  archive("verified", backup.verified);
}

static void fields(auto& archive, Is<Backups> auto& list) {
  archive.required("backups", list.backups);
}

static void fields(auto& archive, Is<KeptLog> auto& log) {
  archive("run", log.run);
  archive("container", log.container);
  archive("file", log.file);
}

static void fields(auto& archive, Is<KeptLogs> auto& list) {
  archive("logs", list.logs);
  archive("releases", list.releases);
}

static void fields(auto& archive, Is<KeptReleases> auto& list) {
  archive.required("releases", list.releases);
  archive("current", list.current);
  archive("lost", list.lost);
  archive("off", list.off);
  archive("not_looked_at", list.not_looked_at);
}

std::string reloaded_text(const EdgeCertificate& certificate) {
  return fmt::format("{}, until {}: {}", fmt::join(certificate.names, ", "),
                     iso8601(certificate.until).substr(0, 10),
                     certificate.taken_up ? "taken up" : "unchanged");
}

boost::json::object certificates_to_json(const std::vector<EdgeCertificate>& certificates) {
  return object_of(Certificates{certificates});
}
std::vector<EdgeCertificate> certificates_from_json(const boost::json::object& from) {
  return value_of<Certificates>(from, "certificates").certificates;
}

std::string text_of(const Obstacle& obstacle) {
  return obstacle.place.empty() ? obstacle.what : obstacle.place + ": " + obstacle.what;
}

Obstacle own_variables(const std::string& live, const std::string& file) {
  const auto path = (std::filesystem::path(live) / file).string();
  return {"variables",
          fmt::format("the server has a {} of its own: {} is neither what a release brought nor, as far as "
                      "the repository here knows, what was ever committed; this release would replace it",
                      file, path),
          fmt::format("in a shallow clone (as CI makes them) fetch the history first: git fetch --unshallow; "
                      "to keep the server's: sync: {{ exclude: [{0}] }} in belay.yml; to take that of the "
                      "release: move {1} away on the server",
                      file, path)};
}

boost::json::object facts_to_json(const HostFacts& facts) {
  return object_of(facts);
}
HostFacts facts_from_json(const boost::json::object& from) {
  return value_of<HostFacts>(from, "facts");
}

boost::json::object status_to_json(const HostStatus& status) {
  return object_of(status);
}
HostStatus status_from_json(const boost::json::object& from) {
  return value_of<HostStatus>(from, "status");
}

boost::json::object backups_to_json(const std::vector<BackupFile>& backups) {
  return object_of(Backups{backups});
}
std::vector<BackupFile> backups_from_json(const boost::json::object& from) {
  return value_of<Backups>(from, "backups").backups;
}

boost::json::object kept_logs_to_json(const KeptLogs& logs) {
  return object_of(logs);
}
KeptLogs kept_logs_from_json(const boost::json::object& from) {
  return value_of<KeptLogs>(from, "logs");
}

boost::json::object releases_to_json(const KeptReleases& releases) {
  return object_of(releases);
}
KeptReleases releases_from_json(const boost::json::object& from) {
  return value_of<KeptReleases>(from, "releases");
}

}  // namespace belay
