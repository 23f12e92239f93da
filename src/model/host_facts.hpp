#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/accessory.hpp"
#include "model/gap.hpp"
#include "model/release.hpp"

namespace belay {

/// What the host answers when asked about itself: the material of `check`, `plan` and `status`. Plain values;
/// each has to_json / from_json in host_facts.cpp.

struct RunningContainer {
  std::string service, name, id, image, state;  // state: running, exited, restarting …
  std::string release;                          // from its label; empty: not made by belay
  Time started{};
  int restarts = 0;
  std::string health;  // Docker's HEALTHCHECK: healthy, unhealthy, starting, or empty
};

/// One of the edge's slots that somebody stands in.
struct EdgeSlot {
  std::string backend, container, state;  // open, draining, unreachable; of one that does not run: exited …
  int weight = 0;
  std::int64_t sessions = 0, rate = 0;  // rate: new requests in the last second
  std::int64_t requests = 0, errors_5xx = 0;
};

/// One with which the edge ends TLS.
struct EdgeCertificate {
  std::string file;  // the operators' own, that the edge's is a copy of
  std::vector<std::string> names;
  Time until{};
  bool taken_up = false;  // it is another than the edge had
  std::string problem;    // why it cannot be used
};
/// "crm.example.com, until 2027-02-01: taken up", or ": unchanged".
std::string reloaded_text(const EdgeCertificate&);
/// Ask "reload".
boost::json::object certificates_to_json(const std::vector<EdgeCertificate>&);
std::vector<EdgeCertificate> certificates_from_json(const boost::json::object&);

/// What keeps a deployment from being made, seen before anything is touched.
struct Obstacle {
  std::string subject;             // project, ports, network, volume
  std::string what;                // a sentence or several lines
  std::string remedy;              // what to do
  std::vector<std::string> key{};  // in the compose files: services, web, ports; not on the wire
  std::string place{};             // of that key: "docker-compose.yml:12:5"; empty: unknown
};
/// "docker-compose.yml:12:5: ", where that is known, and what it is.
std::string text_of(const Obstacle&);

/// A file of the live directory, relative to it.
struct LiveFile {
  std::string file, id;  // id: that of its content in git
};
/// A file of variables that no release brought and that was never committed: a deployment does not replace
/// it.
Obstacle own_variables(const std::string& live, const std::string& file);

/// A file of the live directory that a Dockerfile names and what is shipped may lack.
struct WantedFile {
  std::string dockerfile, file;
};

/// The compose project that a deployment would release, as the host sees it: the files that would be shipped
/// beside those that only the server has.
struct ProjectFacts {
  std::string name;                           // compose's
  std::string problem, next;                  // why it cannot be released, and what to do; empty: it can
  std::vector<std::string> warnings;          // compose's, such as variables that are not set
  std::vector<std::string> files;             // the compose files, relative to the live directory
  std::vector<std::string> services;          // those that are released
  bool builds = false;                        // one of these is built
  std::vector<Obstacle> obstacles;            // a deployment is refused with all of them
  std::vector<LiveFile> variables;            // variables that a release would replace and none brought
  std::vector<int> ports;                     // that these services publish, ascending
  std::vector<WantedFile> wanted;             // by builds, of the server's own files
  std::vector<StaleAccessory> accessories{};  // a deployment leaves them as they run, though they differ
  std::vector<StaleAccessory> old_files{};    // released and unchanged, with a mounted file that changes
  std::vector<ServiceGap> gaps{};             // of those that are released, in their order
  std::vector<PastSwitch> switches{};         // of the newest deployments that went the same way
};

/// Ask "facts".
struct HostFacts {
  Time clock{};
  std::string docker_version, compose_version, rsync_version;  // empty: not there
  std::string buildx_version;                                  // asked for: empty where it is not there
  std::string docker_problem, docker_next;                     // why Docker cannot be used, and the cure
  bool path_exists = false, path_writable = false;
  std::uint64_t bytes_free = 0,
                inodes_free = 0;  // of the live directory's disk or the state's, the fuller one
  std::string state;              // belay's own directory, where it lies now
  std::string boot_recovery;      // by what; empty: not installed
  std::string bound_to_login;     // why a deployment ends with its login; empty: it does not
  bool busy = false;
  std::string current_release;                        // empty: none
  std::optional<BuiltHere> current_built;             // what of it was built where belay was started
  std::vector<std::string> releases;                  // kept, newest first
  std::map<std::string, std::string> lost;            // by a release's id: what others removed of it
  std::vector<RunningContainer> containers;           // of the services asked about
  std::vector<RunningContainer> edges;                // in front of them: one, or none
  std::optional<std::string> backup_container_state;  // asked for: its state; "absent"
  std::string backup_problem;                         // why the dump's user cannot connect
  std::vector<EdgeCertificate> certificates;          // asked for: as the operators' files are now
  std::optional<bool> edge_image_there;               // asked for
  std::string live_compose_hash;                      // sha256 of the live compose file; empty: absent
  std::optional<ProjectFacts> project;                // asked for
};
boost::json::object facts_to_json(const HostFacts&);
HostFacts facts_from_json(const boost::json::object&);

/// Ask "status".
struct HostStatus {
  std::optional<Release> current;
  std::vector<RunningContainer> containers, edges;
  std::vector<EdgeSlot> slots;  // of the edge that runs
  std::vector<EdgeCertificate> certificates;
  bool healthy = false;
  std::string health;    // "GET … answered 200 in 12 ms", "no health check configured; running since …"
  std::string open_run;  // a deployment under way or to be recovered
  std::uint64_t bytes_free = 0, bytes_used_by_belay = 0;
};
boost::json::object status_to_json(const HostStatus&);
HostStatus status_from_json(const boost::json::object&);

/// Ask "backups".
struct BackupFile {
  std::string path;
  std::uint64_t bytes = 0;
  Time taken{};
  bool verified = false;
};
boost::json::object backups_to_json(const std::vector<BackupFile>&);
std::vector<BackupFile> backups_from_json(const boost::json::object&);

/// Ask "logs". What a failed release's containers printed, kept with its run.
struct KeptLog {
  std::string run, container;
  std::string file;  // its path on the host
};
struct KeptLogs {
  std::vector<KeptLog> logs;          // of the release that was asked about, the newest run first
  std::vector<std::string> releases;  // those that have any, newest first
};
boost::json::object kept_logs_to_json(const KeptLogs&);
KeptLogs kept_logs_from_json(const boost::json::object&);

/// Ask "releases".
struct KeptReleases {
  std::vector<Release> releases;            // newest first
  std::string current;                      // empty: none serves
  std::map<std::string, std::string> lost;  // by a release's id: what others removed of it
  std::vector<std::string> off{};           // of the current one: what does not run, a sentence each
  std::string not_looked_at{};              // why nobody knows what runs; empty: it was looked at
};
boost::json::object releases_to_json(const KeptReleases&);
KeptReleases releases_from_json(const boost::json::object&);

}  // namespace belay
