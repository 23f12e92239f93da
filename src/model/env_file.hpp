#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/variables.hpp"

namespace belay {

/// A file of variables that a release brings to the live directory, for compose and the services to read:
/// `env_file` of belay.yml. A plan and a journal have it with `${NAME}` in its texts. With the values in it
/// it is kept beside the release, and nowhere else.
struct EnvFile {
  std::string path;                  // relative to the live directory
  std::vector<std::string> lines{};  // NAME=text
  std::string whole{};               // in place of lines: the file's whole text
  bool owned = false;                // lines that others wrote do not stay

  std::vector<std::string> names() const;
  EnvFile filled(const Values&) const;
  /// The variables that have no value there, each once.
  std::vector<std::string> missing(const Values&) const;
  /// ".env: DATABASE_URL, API_KEY"
  std::string shown() const;
};

/// `NAME=value` as compose reads it: in quotes where the value needs them. A value may have several lines.
std::string env_line(std::string_view name, std::string_view value);

/// What the file holds once these lines are in it, with their values. `now`: what it holds; the lines of
/// others stay, unless it is owned. `before`: the names that the release before wrote there.
std::string text_of(const EnvFile& filled, std::string_view now, const std::vector<std::string>& before);

}  // namespace belay
