#include "model/gap.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/human.hpp"
#include "model/config.hpp"

namespace belay {

namespace {

using Kind = ServiceGap::Kind;

std::string from_to(std::chrono::milliseconds least, std::chrono::milliseconds most) {
  const auto first = human_duration(least), last = human_duration(most);
  return first == last ? first : first + " to " + last;
}

std::string who_waits(const std::vector<int>& ports) {
  if (ports.empty()) return "other services get no answer from it";
  return fmt::format("port{} {} answer{} nobody", ports.size() == 1 ? "" : "s", fmt::join(ports, ", "),
                     ports.size() == 1 ? "s" : "");
}

}  // namespace

ServiceGap::Kind kind_of_gap(const EnvironmentConfig& environment, const std::string& service, bool runs,
                             bool edge_there) {
  if (!runs) return Kind::nothing_serves;
  // An edge that is new, or is taken out, changes hands with the containers.
  if (!environment.edge || !edge_there) return Kind::down;
  if (environment.strategy == Strategy::recreate) return Kind::held;
  return environment.is_replaced(service) ? Kind::down : Kind::none;
}

std::string gap_text(const ServiceGap& gap) {
  switch (gap.kind) {
    case Kind::nothing_serves:
      return "none: it does not run now";
    case Kind::none:
      return "none: the new containers answer before the edge turns the requests to them";
    case Kind::held:
      return "no request fails: the edge holds what arrives while its containers stop and start";
    case Kind::down:
      return who_waits(gap.ports) + " while its containers stop and start";
  }
  return "";
}

std::string past_text(const std::vector<PastSwitch>& past) {
  if (past.empty()) return "No earlier deployment tells how long that takes.";
  const auto [least, most] = std::ranges::minmax(past, {}, &PastSwitch::took);
  const auto proven = std::ranges::max(past, {}, &PastSwitch::proven).proven;
  return fmt::format("In the last {} that took {}, and {} at the most until the health was checked.",
                     past.size() == 1 ? "deployment" : fmt::format("{} deployments", past.size()),
                     from_to(least.took, most.took), human_duration(proven));
}

}  // namespace belay
