#include "host/login_scope.hpp"

#include <chrono>
#include <cstdlib>

#include <fmt/core.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "drivers/account.hpp"

namespace belay {

namespace {

constexpr auto limit = std::chrono::seconds(5);

/// Why not; empty: it can.
std::string trouble_with(std::vector<std::string> scope) {
  scope.emplace_back("true");
  try {
    const auto tried = capture({.argv = scope}, {}, Deadline::in(limit));
    if (tried.ok()) return {};
    return tried.err.empty() ? "systemd-run failed" : tried.err;
  } catch (const Error& error) {
    return error.message_and_why();
  }
}

std::vector<std::string> command_for_scope() {
  // A login by ssh without pam_systemd does not name its own systemd.
  const bool root = ::geteuid() == 0;
  std::vector<std::string> argv;
  if (!root && std::getenv("XDG_RUNTIME_DIR") == nullptr)
    argv = {"env", fmt::format("XDG_RUNTIME_DIR=/run/user/{}", ::geteuid())};
  argv.emplace_back("systemd-run");
  if (!root) argv.emplace_back("--user");
  argv.insert(argv.end(), {"--scope", "--quiet", "--collect"});
  return argv;
}

/// Without it, the account's own systemd ends some seconds after its last login, with all its scopes.
bool lingers() {
  return ::geteuid() == 0 || fs::exists("/var/lib/systemd/linger/" + account_name(::geteuid()));
}

/// Whether logind ends what a login has started, when that login ends. It says so of itself.
bool logins_end_their_processes() {
  try {
    const auto told = capture({.argv = {"loginctl", "show-session", "--property=KillUserProcesses"}}, {},
                              Deadline::in(limit));
    return told.out.contains("=yes");
  } catch (const Error&) {  // without logind nothing does
    return false;
  }
}

}  // namespace

std::vector<std::string> scope_of_its_own() {
  if (!fs::is_directory("/run/systemd/system") || !lingers()) return {};
  auto scope = command_for_scope();
  return trouble_with(scope).empty() ? scope : std::vector<std::string>{};
}

std::string why_bound_to_login() {
  if (!fs::is_directory("/run/systemd/system") || !logins_end_their_processes()) return {};
  if (!lingers())
    return "its own systemd ends with its last login: loginctl enable-linger " + account_name(::geteuid());
  return trouble_with(command_for_scope());
}

}  // namespace belay
