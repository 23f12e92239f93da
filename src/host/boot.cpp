#include "host/boot.hpp"

#include <algorithm>
#include <iostream>
#include <vector>

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "base/files.hpp"
#include "drivers/account.hpp"
#include "drivers/own_state.hpp"
#include "host/arguments.hpp"
#include "host/boot_entry.hpp"
#include "host/commands.hpp"
#include "model/state_place.hpp"
#include "saga/holder.hpp"
#include "saga/recovery.hpp"
#include "saga/what_is_off.hpp"

namespace belay {

namespace {

constexpr std::size_t kept_programs = 2;  // beside the one in use

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

namespace {

/// Root may install what the account that deploys cannot: where the link leads to the state that the rule
/// gives that account, it is that state.
Layout layout_to_install_for(const HostArguments& where) {
  const auto owner = ::geteuid() == 0 ? other_owner(where.live) : std::nullopt;
  if (!owner) return where.layout();
  const auto own = where.live / state_directory_name;
  if (is_real_directory(own)) return {where.live, own};
  const auto account = account_of(*owner);
  std::error_code unreadable;
  if (account &&
      fs::read_symlink(own, unreadable) == state_directory(false, account->home, physical_path(where.live)))
    return {where.live, fs::read_symlink(own)};
  return where.layout();
}

}  // namespace

std::string recovery_installed_at_boot(const HostArguments& where) {
  const auto layout = layout_to_install_for(where);
  point_boot_at_this_program(layout);
  return install_boot_recovery(layout);
}

int host_install(std::span<const std::string> arguments) {
  const auto where = host_arguments(arguments);
  const auto by = recovery_installed_at_boot(where);
  std::cout << "recovery of " << where.live.string() << " runs at boot, by " << by << "\n";
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
