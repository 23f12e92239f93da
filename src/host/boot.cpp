#include "host/boot.hpp"

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <vector>

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "drivers/account.hpp"
#include "host/arguments.hpp"
#include "host/commands.hpp"
#include "host/holder.hpp"
#include "host/recovery.hpp"
#include "host/what_is_off.hpp"

namespace belay {

namespace {

constexpr std::size_t kept_programs = 2;  // beside the one in use

std::string unit_name(const Layout& layout) {
  return "belay-recover-" + sha256_hex(layout.live.string()).substr(0, 12);
}
fs::path systemd_unit(const Layout& layout) {
  return "/etc/systemd/system/" + unit_name(layout) + ".service";
}
fs::path cron_table(const Layout& layout) {
  return "/etc/cron.d/" + unit_name(layout);
}
fs::path boot_program(const Layout& layout) {
  return layout.state / "bin" / "belay";
}

/// Who deploys here: the owner of belay's directory. Its program is that account's, so root does not run it.
std::string account_that_deploys(const Layout& layout) {
  struct stat status{};
  if (::stat(layout.state.c_str(), &status) != 0)
    throw system_error("cannot look at " + layout.state.string(), errno);
  if (const auto account = account_of(status.st_uid)) return account->name;
  throw Error(fmt::format("recovery at boot cannot be installed for account {}", status.st_uid),
              fmt::format("it owns {}, and /etc/passwd does not name it", layout.state.string()),
              "deploy with an account of this host");
}

std::string quoted(const fs::path& path) {
  return "\"" + path.string() + "\"";
}

void install_systemd(const Layout& layout) {
  write_file_atomically(
      systemd_unit(layout),
      fmt::format("[Unit]\n"
                  "Description=belay: finish or undo what a deployment left in {0}\n"
                  "After=docker.service\nWants=docker.service\n\n"
                  "[Service]\nType=oneshot\nUser={3}\nExecStart={1} host recover --path {2} --boot\n\n"
                  "[Install]\nWantedBy=multi-user.target\n",
                  layout.live.string(), quoted(boot_program(layout)), quoted(layout.live),
                  account_that_deploys(layout)),
      0644);
  require_output({.argv = {"systemctl", "daemon-reload"}}, {}, Deadline::in(std::chrono::seconds(30)),
                 "systemd does not take the unit");
  require_output({.argv = {"systemctl", "enable", unit_name(layout) + ".service"}}, {},
                 Deadline::in(std::chrono::seconds(30)), "systemd does not enable the unit");
}

void install_cron(const Layout& layout) {
  if (!fs::is_directory("/etc/cron.d"))
    throw Error("recovery at boot cannot be installed", "this host has neither systemd nor cron",
                "install one: apt-get install cron");
  write_file_atomically(cron_table(layout),
                        fmt::format("# belay: finish or undo what a deployment left in {0}\n"
                                    "@reboot {3} {1} host recover --path {2} --boot\n",
                                    layout.live.string(), quoted(boot_program(layout)), quoted(layout.live),
                                    account_that_deploys(layout)),
                        0644);
}

/// Every version that was ever shipped is a file of some megabytes: the newest few are kept, another
/// controller may be using one of them.
void remove_old_programs(const Layout& layout, const fs::path& self) {
  std::vector<fs::path> programs;
  for (const auto& entry : fs::directory_iterator(boot_program(layout).parent_path()))
    if (!entry.is_symlink() && entry.path().filename().string().starts_with("belay-") && entry.path() != self)
      programs.push_back(entry.path());
  std::ranges::sort(programs, std::ranges::greater{},
                    [](const fs::path& path) { return fs::last_write_time(path); });
  for (std::size_t i = kept_programs; i < programs.size(); ++i) remove_tree(programs[i]);
}

}  // namespace

std::string installed_boot_recovery(const Layout& layout) {
  if (fs::exists(systemd_unit(layout))) return "systemd";
  if (fs::exists(cron_table(layout))) return "cron";
  return {};
}

void point_boot_at_this_program(const Layout& layout) {
  auto self = fs::read_symlink("/proc/self/exe");
  make_directories(boot_program(layout).parent_path());
  // Its file went away with a state that was copied to another file system; the copy has another one.
  if (constexpr std::string_view gone = " (deleted)"; self.native().ends_with(gone)) {
    const auto name = self.filename().string();
    self = boot_program(layout).parent_path() / name.substr(0, name.size() - gone.size());
  }
  std::error_code absent;
  if (fs::read_symlink(boot_program(layout), absent) != self) replace_symlink(boot_program(layout), self);
  remove_old_programs(layout, self);
}

std::string install_boot_recovery(const Layout& layout) {
  if (::geteuid() != 0)
    throw Error("recovery at boot needs root to be installed", {}, "run it with sudo", ExitCode::bad_input);
  point_boot_at_this_program(layout);
  if (fs::is_directory("/run/systemd/system"))
    install_systemd(layout);
  else
    install_cron(layout);
  return installed_boot_recovery(layout);
}

int host_install(std::span<const std::string> arguments) {
  const auto layout = host_arguments(arguments).layout();
  const auto by = install_boot_recovery(layout);
  std::cout << "recovery of " << layout.live.string() << " runs at boot, by " << by << "\n";
  return 0;
}

namespace {

/// At boot Docker may still be starting what is to run: then nobody looks.
int say_that_nothing_was_left(const Layout& layout, bool boot) {
  const auto off = boot ? std::vector<std::string>{} : what_of_current_is_off(layout);
  std::cout << (off.empty() ? "nothing to recover in " : "no deployment was left half-way in ")
            << layout.live.string() << "\n";
  if (off.empty()) return 0;
  std::cout << fmt::format("but its current release does not run: {}\nbelay up ENV brings it back\n",
                           fmt::join(off, "; "));
  return static_cast<int>(ExitCode::nothing_serves);
}

}  // namespace

int host_recover(std::span<const std::string> arguments) {
  const auto where = host_arguments(arguments);
  const auto layout = where.layout();
  const bool boot = where.boot;
  const auto recovered = recover_if_abandoned(layout, boot ? "boot" : "next command");
  if (recovered.empty() && is_held(layout)) {
    std::cout << "a deployment is under way in " << layout.live.string() << "\n";
    return 0;
  }
  if (recovered.empty()) return say_that_nothing_was_left(layout, boot);
  int code = 0;
  for (const auto& run : recovered) {
    std::cout << run.run << ": " << to_string(run.closed.outcome)
              << (run.closed.message.empty() ? "" : " - " + run.closed.message) << "\n";
    if (!run.closed.unfinished.empty()) std::cout << "  not finished: " << run.closed.unfinished << "\n";
    code = std::max(code, exit_code_of(run));
  }
  return code;
}

}  // namespace belay
