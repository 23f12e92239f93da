#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <boost/json/value.hpp>

#include "model/layout.hpp"

namespace belay {

/// Where a project is looked at: the live directory it belongs to, the files that are shipped, room for the
/// view and for what belay writes for compose, and the files of variables that belay writes (`env_file`).
struct ProjectPlace {
  std::filesystem::path live, source, view, scratch, env;
};
ProjectPlace place_of(const Layout&, const std::string& release);

/// A release as compose would find it in the live directory: the release's files, its files of variables, and
/// beside them links to those that only the server has (.env, certificates). Compose is asked there; the
/// paths it answers with are put back to where the files live afterwards.
///
/// The view repeats the live directory's whole path below its root, with links to its neighbours on the way,
/// so that `../shared/common.env` is found, too.
class ProjectView {
 public:
  /// Asked of a path relative to the live directory.
  using Question = std::function<bool(const std::filesystem::path&)>;

  explicit ProjectView(const ProjectPlace&);

  /// Makes it anew. A file of the live directory for which `is_gone` is true, such as one that the release
  /// before brought and that publishing removes, is left out. A symlink there for which `was_brought` is true
  /// came with the release before: this release's file counts, as publishing replaces it.
  void make(const Question& is_gone = {}, const Question& was_brought = {}) const;

  /// Where `in_live`, an absolute path on the host, is seen in the view: below the live directory as the
  /// release has it, else as it is.
  std::filesystem::path of(const std::filesystem::path& in_live) const;

  /// Paths into the view or the release's source, anywhere in the text, become paths of the live directory.
  std::string put_back(std::string text) const;
  /// The same for all texts and keys within.
  boost::json::value put_back(const boost::json::value&) const;

 private:
  void lay_env_files() const;

  std::filesystem::path live_, source_, root_, env_;
};

}  // namespace belay
