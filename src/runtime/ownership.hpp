#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "drivers/docker.hpp"
#include "model/layout.hpp"
#include "model/release.hpp"

namespace belay {

/// What to do about containers of others.
inline constexpr auto conflicts_remedy =
    "give this environment a project name of its own (project: in belay.yml, or name: in the compose file), "
    "another "
    "container_name, or remove those containers";

/// Whose a container is. The compose project's name alone does not say it: two directories of one name make
/// one project name. A container is this environment's if its project *and* the directory it was made in are.
/// In a project that it shares no container is but those of its services, which who asks names: others have
/// theirs.
class Ownership {
 public:
  /// `directory`: the project directory. Older releases name the live directory.
  Ownership(const docker::Engine&, std::string project, const Layout&,
            const std::filesystem::path& directory);

  /// What a kept release left running.
  static Ownership of(const docker::Engine&, const Layout&, const Release&);

  const std::string& project() const { return project_; }
  /// Whether the project directory is none of this environment's: it lies outside of the live directory. Then
  /// other environments may have services, and an edge, in the same project.
  bool shares_project() const { return shares_project_; }
  bool is_ours(const docker::Container&) const;
  /// An edge in front of this project's services, whose ports it has.
  bool is_our_edge(const docker::Container&) const;

  /// Our containers of this service; all of the project's services without a name.
  std::vector<docker::Container> containers(const std::string& service = {}) const;

  /// What keeps us from being the only one: containers of this project that another directory made, and
  /// containers of others under the names we need. Each a sentence that names the owner.
  std::vector<std::string> conflicts(const std::vector<std::string>& wanted_names) const;

 private:
  const docker::Engine& engine_;
  std::string project_;
  std::vector<std::filesystem::path> directories_;
  bool shares_project_;
};

}  // namespace belay
