#pragma once

#include <filesystem>
#include <string>

namespace belay {

/// Where everything of an environment lies on its host. Operators know the live directory; all of belay's is
/// below .belay/ in it.
struct Layout {
  std::filesystem::path live;

  std::filesystem::path own() const { return live / ".belay"; }
  std::filesystem::path lock() const { return own() / "lock"; }
  /// A symlink to the release that serves.
  std::filesystem::path current() const { return own() / "current"; }
  std::filesystem::path releases() const { return own() / "releases"; }
  std::filesystem::path release(const std::string& id) const { return releases() / id; }
  std::filesystem::path source(const std::string& id) const { return release(id) / "source"; }
  std::filesystem::path compose_model(const std::string& id) const { return release(id) / "compose.json"; }
  /// The live directory's compose file as an adopted release was found with it: it has no source of its own.
  std::filesystem::path adopted_compose_file(const std::string& id) const {
    return release(id) / "adopted.yml";
  }
  /// The edge's directories: each holds what one container of it reads, under the nonce of its making.
  std::filesystem::path edge() const { return own() / "edge"; }
  std::filesystem::path runs() const { return own() / "runs"; }
  std::filesystem::path run(const std::string& run) const { return runs() / run; }
  std::filesystem::path journal(const std::string& run_id) const { return run(run_id) / "journal.jsonl"; }
};

}  // namespace belay
