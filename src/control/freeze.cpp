#include "control/freeze.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "model/config_values.hpp"

namespace belay {

namespace {

void require_zones(const EnvironmentConfig& environment) {
  for (const auto& window : environment.freeze)
    if (!window.zone)
      throw Error(fmt::format("the time zone {} of a freeze is not known here", window.zone_name),
                  "so belay cannot tell whether the freeze holds now",
                  "belay check says what is missing; UTC and offsets like -03:00 are always known",
                  ExitCode::bad_input);
}

std::string refusal_remedy(const EnvironmentConfig& environment, const std::string& command) {
  return fmt::format(
      "{0} {1}  works again then. If it cannot wait, say why:  {0} {1} --reason \"TEXT\"\n"
      "A freeze never keeps anybody from going back:  belay rollback {1}",
      command, environment.name);
}

}  // namespace

std::optional<Reason> reason_during_freeze(const EnvironmentConfig& environment, const std::string& command,
                                           const std::string& reason, Time now) {
  if (const auto line = line_value(reason); !reason.empty() && !line)
    throw Error("--reason " + line.error().message, {}, {}, ExitCode::bad_input);
  require_zones(environment);
  const auto freeze = freeze_at(environment.freeze, now);
  if (freeze && reason.empty())
    throw Error(fmt::format("{} is frozen: {}", environment.name, freeze->window.shown()),
                freeze->end_shown(now), refusal_remedy(environment, command), ExitCode::frozen);
  if (reason.empty()) return std::nullopt;
  return Reason{.text = reason, .freeze = freeze ? freeze->window.shown() : ""};
}

std::optional<Finding> checked_freeze(const EnvironmentConfig& environment, Time now) {
  using Weight = Finding::Weight;
  if (environment.freeze.empty()) return std::nullopt;
  require_zones(environment);
  if (const auto freeze = freeze_at(environment.freeze, now))
    return Finding{Weight::warning, "freeze",
                   fmt::format("holds now: {}\n{}", freeze->window.shown(), freeze->end_shown(now)),
                   fmt::format("until then belay deploy {} needs --reason \"TEXT\"", environment.name)};
  const auto next = next_freeze(environment.freeze, now);
  return Finding{Weight::ok,
                 "freeze",
                 next ? fmt::format("none holds now; the next: {}", next->window.shown())
                      : "none holds now, and none begins within a year",
                 {}};
}

}  // namespace belay
