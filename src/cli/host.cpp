#include <array>
#include <span>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/nearest.hpp"
#include "cli/context.hpp"
#include "control/host_key.hpp"
#include "host/commands.hpp"

namespace belay::cli {
namespace {

struct HostCommand {
  const char* name;
  int (*run)(std::span<const std::string>);
  bool for_people;
};
// Those not for people are how belay's own processes call each other (docs/architecture.md).
constexpr std::array host_commands = {
    HostCommand{"install", host_install, true}, HostCommand{"recover", host_recover, true},
    HostCommand{"session", host_session, false}, HostCommand{"guard", host_guard, false},
    HostCommand{"execute", host_execute, false}};

}  // namespace

int run(const command::Host& asked, Context&) {
  std::vector<std::string> names;
  for (const HostCommand& one : host_commands) {
    if (asked.arguments.front() == one.name) return one.run(std::span(asked.arguments).subspan(1));
    if (one.for_people) names.emplace_back(one.name);
  }
  const auto meant = nearest(asked.arguments.front(), names);
  throw Error(fmt::format("belay host cannot '{}'", asked.arguments.front()), "",
              meant ? fmt::format("Did you mean  belay host {}?", *meant) : "belay help host  explains it.",
              ExitCode::bad_input);
}

int run(const command::Internal& asked, Context&) {
  if (!asked.arguments.empty() && asked.arguments.front() == "known-host")
    return known_host_command({asked.arguments.begin() + 1, asked.arguments.end()});
  throw Error("belay internal is for belay itself", "", "belay help  lists the commands.",
              ExitCode::bad_input);
}

}  // namespace belay::cli
