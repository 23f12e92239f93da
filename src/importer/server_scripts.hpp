#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "importer/words.hpp"

namespace belay::importer {

/// A script that a workflow runs on the server, and that the repository does not have.
struct ServerScript {
  std::string server;  // user@host:port, as belay.yml has it; empty: the workflow does not say it
  std::string path;    // absolute, or below the login's home: "~/deploy.sh"; empty: only the server knows
  Place at{};          // where it is called first
};

/// What came of reading one.
struct ServerFile {
  std::string server, path;  // as the ServerScript says them
  std::string text{};
  std::string why_not{};  // empty: it was read
};

/// "user@host:port" of a login's parts, which are texts as in words.hpp. Empty: only a running shell knows
/// it.
std::string server_name(std::string_view user, std::string_view host, std::string_view port);
/// As a place names it: "host:/srv/app/deploy.sh".
std::string shown_on(std::string_view server, std::string_view path);

/// A script of the server without the passwords and tokens that stand in it, since belay.yml goes into git:
/// each is a variable of the CI now, of the name that it had there; a second value of a name is NAME_2.
struct WithoutSecrets {
  struct Hidden {
    std::string name;
    int line = 0;
  };
  std::string text;
  std::vector<Hidden> hidden{};
};
WithoutSecrets without_secrets(std::string_view script);
/// Whether a variable of this name holds what nobody else may know.
bool names_secret(std::string_view variable);

}  // namespace belay::importer
