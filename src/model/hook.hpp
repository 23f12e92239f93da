#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/variables.hpp"

namespace belay {

/// A command that belay runs at one point of a deployment.
struct Hook {
  enum class At { before_backup, before_switch, after_switch, after_commit, after_rollback, on_failure };
  enum class Where { container, host, controller };
  At at = At::after_commit;
  Where where = Where::host;
  std::string service{};             // container: the compose service
  std::string command{};             // run by `sh`; or
  std::vector<std::string> words{};  // a program and its arguments, run without a shell
  std::chrono::milliseconds timeout{std::chrono::minutes(5)};
  bool required = false;  // its failure fails the step, and with it the deployment

  std::string shown_command() const;  // on one line
  std::string place() const;          // "in backend", "on the host", "here": as `belay plan` says it
  std::string shown() const;          // both: "in backend: npm run warm"
  /// The variables of the command that have no value there.
  std::vector<std::string> missing(const Values&) const;
};

inline constexpr Hook::At all_hook_points[] = {Hook::At::before_backup,  Hook::At::before_switch,
                                               Hook::At::after_switch,   Hook::At::after_commit,
                                               Hook::At::after_rollback, Hook::At::on_failure};

/// Whether the point comes before the commit: then a failure can still be undone.
bool is_before_commit(Hook::At);

/// Those of one point, in the order of belay.yml.
std::vector<Hook> hooks_at(const std::vector<Hook>&, Hook::At);

/// The variables that belay itself sets for each hook, and no others.
inline constexpr std::string_view hook_variables[] = {"BELAY_APP",     "BELAY_ENVIRONMENT", "BELAY_RELEASE",
                                                      "BELAY_COMMIT",  "BELAY_VERSION",     "BELAY_PREVIOUS",
                                                      "BELAY_OUTCOME", "BELAY_FAILED_STEP", "BELAY_ERROR"};

/// What the host asks of the controller for its hook `number` (from 1) of that point, and which of the
/// controller's own hooks that is. A command never comes from the host.
std::string errand_of_hook(Hook::At, std::size_t number);
bool is_errand_of_hook(std::string_view what);
std::optional<Hook> hook_of_errand(const std::vector<Hook>& own, std::string_view what);
/// The environment that comes with it, as text: JSON of names and values. Reading leaves out every name that
/// is not one of hook_variables.
std::string hook_environment_to_text(const Values&);
Values hook_environment_from_text(const std::string&);

}  // namespace belay
