#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "drivers/compose.hpp"
#include "model/config.hpp"
#include "model/layout.hpp"
#include "runtime/project_view.hpp"

namespace belay {

/// The compose project of a release: what operators would type in the live directory, asked in the release's
/// view.
class ReleaseProject {
 public:
  ReleaseProject(const ProjectPlace&, const EnvironmentConfig&);

  const ProjectView& view() const { return view_; }
  /// The project directory, as part of the live directory: that of the first compose file.
  const std::filesystem::path& directory() const { return directory_; }
  /// The compose files, as part of the live directory; as the label config_files names them.
  std::vector<std::filesystem::path> files() const;
  /// Where a key stands in these files, or in those that they bring in: "deploy/compose.yml:12:5", from the
  /// live directory on. Empty: in none.
  std::string place_in_files(const std::vector<std::string>& key) const;

  /// For compose, in the view.
  compose::Project in_view() const;
  /// For compose, in the view, but of a model that belay wrote.
  compose::Project in_view(const std::filesystem::path& model, const std::string& name) const;
  /// For compose, of what lies in the live directory: what operators mean when they type `docker compose`
  /// there.
  compose::Project in_live() const;
  /// For compose, in the live directory, of the resolved model.
  compose::Project in_live(const std::filesystem::path& model, const std::string& name) const;

  /// The resolved model with the view's paths. A service that is named in belay.yml has its profiles active,
  /// as `docker compose up SERVICE` does. `warn` gets compose's warnings.
  boost::json::object resolved(std::stop_token, Deadline, const compose::LineSink& warn = {});
  /// The model of what lies in the live directory now, with the same profiles.
  boost::json::object resolved_in_live(std::stop_token, Deadline) const;
  /// The values that these variables have for compose: of `values`, or of .env.
  enum class Where { view, live };
  std::map<std::string, std::string> values_of(const std::set<std::string>& variables, std::stop_token,
                                               Deadline, Where = Where::view) const;

 private:
  void require_files_of_host() const;
  boost::json::object asked(const compose::Project&, std::stop_token, Deadline,
                            const compose::LineSink& warn = {}) const;

  ProjectView view_;
  const EnvironmentConfig& environment_;
  std::filesystem::path live_, scratch_, directory_;
  std::vector<std::string> profiles_;
};

/// The compose files that belay.yml names, relative to the source, or absolute on the host; empty: those that
/// compose finds. One file that has a name compose looks for by itself counts as found, with its override and
/// COMPOSE_FILE of .env: so the same `docker compose up` is meant that operators type there.
std::vector<std::string> named_compose_files(const EnvironmentConfig&);
/// The project directory, relative to the live directory; "." for the live directory. Absolute where the
/// compose files lie on the host.
std::filesystem::path project_directory(const EnvironmentConfig&);
/// The files that compose takes variables from, relative to the live directory.
std::vector<std::filesystem::path> variable_files(const EnvironmentConfig&);

}  // namespace belay
