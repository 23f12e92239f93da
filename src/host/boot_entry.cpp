#include "host/boot_entry.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <expected>
#include <map>
#include <sstream>
#include <vector>

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "drivers/account.hpp"
#include "drivers/program.hpp"
#include "host/arguments.hpp"

namespace belay {

namespace {

constexpr auto limit = std::chrono::seconds(30);

std::string unit_name(const Layout& layout) {
  return "belay-recover-" + sha256_hex(layout.live.string()).substr(0, 12);
}
fs::path systemd_unit(const Layout& layout) {
  return "/etc/systemd/system/" + unit_name(layout) + ".service";
}
fs::path cron_table(const Layout& layout) {
  return "/etc/cron.d/" + unit_name(layout);
}
/// Empty without a home.
fs::path user_unit(const Layout& layout) {
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/') return {};
  return fs::path(home) / ".config/systemd/user" / (unit_name(layout) + ".service");
}

bool systemd_runs() {
  return fs::is_directory("/run/systemd/system");
}
bool is_root() {
  return ::geteuid() == 0;
}

/// Who deploys here: the owner of the state. Its program is that account's, so root does not run it.
std::string account_that_deploys(const Layout& layout) {
  struct stat status{};
  if (::stat(layout.state.c_str(), &status) != 0)
    throw system_error("cannot look at " + layout.state.string(), errno);
  if (const auto account = account_of(status.st_uid)) return account->name;
  throw Error(fmt::format("recovery at boot cannot be installed for account {}", status.st_uid),
              fmt::format("it owns {}, and /etc/passwd does not name it", layout.state.string()),
              "deploy with an account of this host");
}

template <class Quote>
std::string command_at_boot(const Layout& layout, Quote quote) {
  auto argv = command_of_role(boot_program(layout).string(), "recover", layout);
  argv.emplace_back("--boot");
  for (auto& word : argv)
    if (word.starts_with('/')) word = quote(word);
  return fmt::format("{}", fmt::join(argv, " "));
}

std::string unit_text(const Layout& layout, bool for_root) {
  return fmt::format(
      "[Unit]\nDescription=belay: finish or undo what a deployment left in {}\n{}\n"
      "[Service]\nType=oneshot\n{}ExecStart={}\n\n[Install]\nWantedBy={}\n",
      layout.live.string(), for_root ? "After=docker.service\nWants=docker.service\n" : "",
      for_root ? "User=" + account_that_deploys(layout) + "\n" : "",
      command_at_boot(layout, quoted_for_systemd), for_root ? "multi-user.target" : "default.target");
}

std::string cron_table_text(const Layout& layout) {
  return fmt::format("# belay: finish or undo what a deployment left in {}\n@reboot {} {}\n",
                     layout.live.string(), account_that_deploys(layout),
                     command_at_boot(layout, quoted_for_cron));
}

/// A program that is not there ends as one that fails.
Captured captured(std::vector<std::string> argv, std::map<std::string, std::string> set = {},
                  std::string input = {}) {
  try {
    return capture({.argv = std::move(argv), .set = std::move(set), .input = std::move(input)}, {},
                   Deadline::in(limit));
  } catch (const Error& error) {
    return {.outcome = {.code = 127}, .out = {}, .err = error.message_and_why()};
  }
}

void require(std::vector<std::string> argv, const std::string& what_failed) {
  require_output({.argv = std::move(argv)}, {}, Deadline::in(limit), what_failed);
}

/// Of the account's own systemd, which a login by ssh may not name.
std::map<std::string, std::string> runtime_of_account() {
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime != '\0') return {};
  return {{"XDG_RUNTIME_DIR", fmt::format("/run/user/{}", ::geteuid())}};
}

bool well(std::vector<std::string> argv) {
  return captured(std::move(argv), runtime_of_account()).ok();
}

/// As systemd runs the unit: SELinux, a noexec mount or a missing account show now and not at the next boot.
void require_systemd_can_run(const Layout& layout) {
  auto argv = std::vector<std::string>{"systemd-run", "--wait", "--quiet", "--collect"};
  argv.push_back("--property=User=" + account_that_deploys(layout));
  argv.insert(argv.end(), {boot_program(layout).string(), "version"});
  const auto tried = captured(argv);
  if (tried.ok()) return;
  throw Error("systemd cannot run " + boot_program(layout).string(),
              tried.err.empty() ? "it ended without running it" : tried.err,
              "with SELinux: semanage fcontext -a -t bin_t '" + (layout.state / "bin").string() +
                  "(/.*)?' && restorecon -R " + (layout.state / "bin").string() + "; then install it again");
}

void install_systemd(const Layout& layout) {
  write_file_atomically(systemd_unit(layout), unit_text(layout, true), 0644);
  require({"systemctl", "daemon-reload"}, "systemd does not accept the unit");
  require({"systemctl", "enable", unit_name(layout) + ".service"}, "systemd does not enable the unit");
  require_systemd_can_run(layout);
}

void install_cron(const Layout& layout) {
  if (!fs::is_directory("/etc/cron.d"))
    throw Error("recovery at boot cannot be installed", "this host has neither systemd nor cron",
                "install one: apt-get install cron");
  write_file_atomically(cron_table(layout), cron_table_text(layout), 0644);
}

/// False where this account has no systemd of its own, or may not have it run without a login.
bool install_user_unit(const Layout& layout) {
  const auto unit = user_unit(layout);
  if (!systemd_runs() || unit.empty()) return false;
  make_directories(unit.parent_path(), 0755);
  write_file_atomically(unit, unit_text(layout, false), 0644);
  const auto name = unit.filename().string();
  if (well({"systemctl", "--user", "daemon-reload"}) && well({"systemctl", "--user", "enable", name}) &&
      well({"loginctl", "enable-linger"}) &&
      well({"systemd-run", "--user", "--wait", "--quiet", "--collect", boot_program(layout).string(),
            "version"}))
    return true;
  well({"systemctl", "--user", "disable", name});
  remove_tree(unit);
  return false;
}

/// The lines of this account's crontab; empty: it has none, or this host has no crontab. Or why it cannot be
/// read.
std::expected<std::vector<std::string>, std::string> listed_crontab() {
  std::vector<std::string> lines;
  if (!program_exists("crontab")) return lines;
  const auto listed = captured({"crontab", "-l"});
  // Of busybox: "can't open '…': No such file or directory".
  if (!listed.ok() && !listed.err.contains("no crontab for") && !listed.err.contains("No such file"))
    return std::unexpected(listed.outcome.described() + "\n" + listed.err);
  std::istringstream text(listed.ok() ? listed.out : std::string{});
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

/// Throws Error where the crontab cannot be read: whoever writes it anew would lose the rest.
std::vector<std::string> crontab_lines() {
  auto listed = listed_crontab();
  if (!listed) throw Error("the account's crontab cannot be read", listed.error(), "try: crontab -l");
  return *std::move(listed);
}

/// The shell that runs the line takes its end for a comment, and belay knows its line by it.
std::string mark_of_line(const Layout& layout) {
  return " # " + unit_name(layout);
}
std::string crontab_line(const Layout& layout) {
  return "@reboot " + command_at_boot(layout, quoted_for_cron) + mark_of_line(layout);
}

/// An account that may not read its crontab (cron.deny, a uid without a name) cannot have written a line
/// either.
bool is_in_crontab(const Layout& layout) {
  const auto listed = listed_crontab();
  return listed && std::ranges::any_of(*listed, [&](const std::string& line) {
           return line.ends_with(mark_of_line(layout));
         });
}

void install_crontab(const Layout& layout) {
  std::string text;
  for (const auto& line : crontab_lines())
    if (!line.ends_with(mark_of_line(layout))) text += line + "\n";
  text += crontab_line(layout) + "\n";
  const auto put = captured({"crontab", "-"}, {}, text);
  if (!put.ok())
    throw Error(
        "recovery at boot cannot be installed for the account " + account_that_deploys(layout),
        put.err.empty() ? "this host has no crontab, and this account no systemd of its own" : put.err,
        "install cron there, let root type belay host install, or enable the account's systemd: "
        "loginctl enable-linger " +
            account_that_deploys(layout),
        ExitCode::bad_input);
}

}  // namespace

std::string quoted_for_systemd(const std::string& path) {
  std::string text = "\"";
  for (const char one : path) {
    if (one == '"' || one == '\\') text += '\\';
    if (one == '%' || one == '$') text += one;  // specifiers and variables
    text += one;
  }
  return text + "\"";
}

std::string quoted_for_cron(const std::string& path) {
  std::string text = "'";
  for (const char one : path) {
    if (one == '\'')
      text += "'\\''";
    else if (one == '%')
      text += "'\\%'";  // cron takes the backslash away, and a bare one for the end of the line
    else
      text += one;
  }
  return text + "'";
}

fs::path boot_program(const Layout& layout) {
  return layout.state / "bin" / "belay";
}

std::string installed_boot_recovery(const Layout& layout) {
  if (fs::exists(systemd_unit(layout))) return "systemd";
  if (fs::exists(cron_table(layout))) return "cron";
  if (is_root()) return {};
  if (const auto unit = user_unit(layout); !unit.empty() && fs::exists(unit))
    return "systemd for this account";
  return is_in_crontab(layout) ? "crontab" : "";
}

std::string install_boot_recovery(const Layout& layout) {
  if (is_root())
    systemd_runs() ? install_systemd(layout) : install_cron(layout);
  else if (!install_user_unit(layout))
    install_crontab(layout);
  return installed_boot_recovery(layout);
}

namespace {

void refresh(const Layout& layout, const std::string& by) {
  const auto differs = [](const fs::path& file, const std::string& text) {
    return read_file_if_exists(file) != text;
  };
  if (is_root() && by == "systemd" && differs(systemd_unit(layout), unit_text(layout, true)))
    install_systemd(layout);
  if (is_root() && by == "cron" && differs(cron_table(layout), cron_table_text(layout))) install_cron(layout);
  if (by == "systemd for this account" && differs(user_unit(layout), unit_text(layout, false)) &&
      !install_user_unit(layout))
    install_crontab(layout);
  if (by == "crontab")
    for (const auto& line : crontab_lines())
      if (line.ends_with(mark_of_line(layout)) && line != crontab_line(layout))
        return install_crontab(layout);
}

}  // namespace

void refresh_boot_recovery(const Layout& layout) {
  try {
    refresh(layout, installed_boot_recovery(layout));
  } catch (const Error&) {
    return;  // the entry of old goes on through the live directory's link, and check says what is installed
  }
}

}  // namespace belay
