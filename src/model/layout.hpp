#pragma once

#include <filesystem>
#include <string>

namespace belay {

/// A symlink in the live directory that shows people where belay's state lies. An older belay kept the state
/// itself there.
inline constexpr auto state_directory_name = ".belay";
/// Lies in a state directory of an older belay while it is copied to its new place, and until it is removed.
inline constexpr auto moving_name = "moving";
/// The same as a pattern of rsync's, for a transfer from or to the live directory.
inline constexpr auto state_directory_pattern = "/.belay";

/// Where everything of an environment lies on its host. It has two roots; drivers/own_state.hpp finds them.
struct Layout {
  std::filesystem::path live;  // what operators know
  std::filesystem::path state =
      live / state_directory_name;  // all of belay's own; default: an older belay's place

  std::filesystem::path lock() const { return state / "lock"; }
  /// A symlink to the release that serves.
  std::filesystem::path current() const { return state / "current"; }
  std::filesystem::path releases() const { return state / "releases"; }
  std::filesystem::path release(const std::string& id) const { return releases() / id; }
  std::filesystem::path source(const std::string& id) const { return release(id) / "source"; }
  /// The release as compose finds it; see runtime/project_view.hpp.
  std::filesystem::path view(const std::string& id) const { return release(id) / "view"; }
  /// What compose made of it: the resolved model, with the paths of the live directory.
  std::filesystem::path compose_model(const std::string& id) const { return release(id) / "compose.json"; }
  /// What the release says in the files of `env_file`, with their values: 0600.
  std::filesystem::path env_values(const std::string& id) const { return release(id) / "env.json"; }
  /// Those files as they are to lie in the live directory: 0600, with the lines of others that were there.
  std::filesystem::path env_files(const std::string& id) const { return release(id) / "env"; }
  /// Files that others edited in the live directory, as they were before this release replaced them.
  std::filesystem::path edited(const std::string& id) const { return release(id) / "edited"; }
  /// The live directory's compose file as an adopted release was found with it: it has no source of its own.
  std::filesystem::path adopted_compose_file(const std::string& id) const {
    return release(id) / "adopted.yml";
  }
  /// The edge's directories: each holds what one container of it reads, under the nonce of its making.
  std::filesystem::path edge() const { return state / "edge"; }
  /// What an attempt's publishing replaced in the live directory, until it is settled or undone.
  std::filesystem::path replaced(const std::string& nonce) const { return state / "replaced" / nonce; }
  /// The same for the files of `env_file`.
  std::filesystem::path replaced_env_files(const std::string& nonce) const {
    return state / "replaced" / (nonce + "-env");
  }
  std::filesystem::path runs() const { return state / "runs"; }
  std::filesystem::path run(const std::string& run) const { return runs() / run; }
  /// What the run's containers are made of, of the release before and the candidate, for as long as the run
  /// is open.
  std::filesystem::path kept_bodies(const std::string& run) const { return this->run(run) / "previous.json"; }
  /// The secrets of a run that is open: 0600, gone when it is closed.
  std::filesystem::path secrets(const std::string& run_id) const { return run(run_id) / "secrets.json"; }
  std::filesystem::path journal(const std::string& run_id) const { return run(run_id) / "journal.jsonl"; }
};

}  // namespace belay
