#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "base/time.hpp"
#include "model/container_command.hpp"

namespace belay {

struct Commit {
  std::string id;  // full hash; empty for an adopted release
  std::string subject;
  std::string branch;
  std::string version{};  // `git describe --tags --always`
  bool dirty = false;     // the working tree was shipped, not the commit
  std::string abbreviated() const { return id.substr(0, 7); }
};

/// What `build.local` made where belay was started: files of a release that its commit has not, or not so.
struct BuiltHere {
  static constexpr std::size_t most_named = 200;

  std::uint64_t files = 0, bytes = 0;  // all of them
  /// Relative to the source, of each kind so many at the most. A directory that the commit has not got ends
  /// in a slash, and stands for all that is in it.
  std::vector<std::string> added, changed;

  /// Whether this path is one of these, or lies in one. Of more than are named the rest is not known.
  bool has(const std::string& path) const;
};

/// Why somebody deployed, in their words (`--reason`), and the freeze that held then; empty: none did.
struct Reason {
  std::string text, freeze{};
  std::string shown() const {
    return freeze.empty() ? text : text + " (in spite of the freeze " + freeze + ")";
  }
};

struct Author {
  std::string user, machine;
  std::string shown() const { return user + "@" + machine; }
};

/// What a service waits for before it starts, as compose's `depends_on` says it.
struct Dependency {
  std::string service;
  std::string condition;  // service_started, service_healthy or service_completed_successfully
  bool restart = false;   // it is made anew when the other one is
};

/// What a container takes from the containers of other services. By service name, because the containers
/// change with each release; the ids are looked up when a container is created.
struct SharedWithOthers {
  std::string network, ipc, pid;     // the service whose namespace it joins; empty: its own
  std::vector<std::string> volumes;  // volumes_from: services
  std::vector<std::string> links;    // "service" or "service:alias"
  bool any() const {
    return !network.empty() || !ipc.empty() || !pid.empty() || !volumes.empty() || !links.empty();
  }
};

/// A config or secret without a file: compose writes its text into the container.
struct InjectedFile {
  std::string target, text;
  int mode = 0444, uid = 0, gid = 0;
};

/// One service of a release, frozen: everything needed to bring it back without compose, build or the live
/// directory.
struct ReleasedService {
  std::string name;
  std::string image_id;                      // sha256:…
  std::string frozen_image;                  // the tag that keeps it: repository:<release id>
  std::string live_image;                    // the tag operators and compose use; moved only at settle
  std::vector<std::string> container_names;  // as operators know them, one per replica
  std::vector<boost::json::object>
      containers;  // the Engine's create bodies, one per replica, labels as compose would set
  std::vector<Dependency> dependencies{};
  SharedWithOthers shared{};
  std::vector<InjectedFile> injected{};
  std::vector<ContainerCommand> after_start{};  // compose's `post_start`
  std::string digest{};  // by which a registry has the image: repository@sha256:…; empty: none has it
  Time asked{};          // when a registry was last asked for it; zero: never
};

/// One version, frozen whole: source, images, resolved model, environment. Lives in
/// releases/<id>/release.json.
struct Release {
  static constexpr int format = 1;
  enum class Origin { deployed, adopted };
  enum class State { candidate, good, failed };  // only `good` is ever gone back to

  std::string id;  // 20260112-103300-4f2a9c1
  Origin origin = Origin::deployed;
  State state = State::candidate;
  Commit commit;
  Author by;
  Time created{};
  Time switched{};         // when it began to serve; zero: never
  std::string replaced{};  // the release that served when this one came; empty: none, or an older belay's
  std::string compose_file;
  std::string project{};              // compose's; empty in a release of an older belay
  std::filesystem::path directory{};  // the project directory: where operators type `docker compose`
  std::vector<ReleasedService> services;
  /// The services of its compose model that are not released, with compose's hash of each: what a container
  /// of theirs is compared with. None in a release of an older belay.
  std::map<std::string, std::string> accessories{};
  std::optional<BuiltHere> built{};  // by `build.local`
  std::optional<Reason> reason{};
};

std::string release_to_json(const Release&);
/// Throws Error on a newer format or a malformed text.
Release release_from_json(const std::string&);

/// The compose project of its containers; "-" where they belong to none.
std::string project_of(const Release&);

/// The id of a release: the time it was made and the commit it is of, "-dirty" behind it if the working tree
/// was shipped; in place of the commit "adopted" for one found on the host, "dirty" for files that are in no
/// repository.
std::string release_id(Time, const Commit&);

}  // namespace belay
