#include <algorithm>
#include <array>
#include <span>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/nearest.hpp"
#include "cli/context.hpp"
#include "cli/environment_choice.hpp"
#include "cli/error_text.hpp"
#include "cli/host_question.hpp"
#include "cli/text_width.hpp"
#include "control/host_key.hpp"
#include "drivers/docker_context.hpp"
#include "host/commands.hpp"
#include "model/host_facts.hpp"

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
    HostCommand{"reload", host_reload, true},   HostCommand{"session", host_session, false},
    HostCommand{"guard", host_guard, false},    HostCommand{"execute", host_execute, false},
    HostCommand{"up", host_up, false}};

bool names_an_environment(const std::vector<std::string>& arguments) {
  return arguments.size() == 2 && !arguments[1].starts_with('-');
}

/// Nothing was left half-way, and yet the current release may not run.
int say_what_is_off(const boost::json::object& answer, const std::string& environment, Context& context) {
  const auto* off = answer.if_contains("off");
  if (!off || off->as_array().empty()) return 0;
  context.out.line("But its current release does not run:");
  for (const auto& sentence : off->as_array())
    context.out.line("  " + printable(std::string(sentence.as_string())));
  context.out.write(
      next_line(fmt::format("belay up {}  brings it back.", environment), context.out_surface.style));
  return static_cast<int>(ExitCode::nothing_serves);
}

/// From the machine one deploys from: the host does to itself what was asked.
int on_the_host_of(const std::string& environment, const std::string& what, Context& context) {
  const Chosen chosen = choose_environment(context, environment);
  const auto answer = ask_host(context, chosen, what, {}).as_object();
  if (what == "reload") {
    for (const auto& certificate : certificates_from_json(answer))
      context.out.line(reloaded_text(certificate));
    return 0;
  }
  if (what == "install") {
    context.out.line(
        fmt::format("A deployment that a reboot of {} cuts off is now finished or undone at boot, by {}.",
                    chosen.environment().host.shown, std::string(answer.at("by").as_string())));
    return 0;
  }
  const auto& runs = answer.at("recovered").as_array();
  const auto* under_way = answer.if_contains("under_way");
  if (runs.empty() && under_way && under_way->as_bool())
    context.out.line(fmt::format("A deployment of {0} is under way:  belay attach {0}", chosen.name));
  else if (runs.empty())
    context.out.line(fmt::format("Nothing was left half-way in {}.", chosen.name));
  int code = say_what_is_off(answer, chosen.name, context);
  for (const auto& run : runs) {
    const auto& object = run.as_object();
    code = std::max(code, static_cast<int>(object.at("exit_code").as_int64()));
    context.out.line(fmt::format("{}: {}. {}", std::string(object.at("run").as_string()),
                                 std::string(object.at("outcome").as_string()),
                                 std::string(object.at("message").as_string())));
    if (const auto& unfinished = object.at("unfinished").as_string(); !unfinished.empty())
      context.out.line(fmt::format("  not finished: {}", std::string(unfinished)));
  }
  return code;
}

}  // namespace

int run(const command::Host& asked, Context& context) {
  const auto& what = asked.arguments.front();
  std::vector<std::string> names;
  for (const HostCommand& one : host_commands) {
    if (what == one.name && one.for_people && names_an_environment(asked.arguments))
      return on_the_host_of(asked.arguments[1], what, context);
    if (what == one.name) {
      docker::settle_on_one_engine();
      return one.run(std::span(asked.arguments).subspan(1));
    }
    if (one.for_people) names.emplace_back(one.name);
  }
  const auto meant = nearest(what, names);
  throw Error(fmt::format("belay host cannot '{}'", what), "",
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
