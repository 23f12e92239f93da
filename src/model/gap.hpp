#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belay {

struct EnvironmentConfig;

/// What becomes of a service's requests while a deployment turns to the new release.
struct ServiceGap {
  enum class Kind {
    nothing_serves,  // none of its containers runs now
    none,            // the edge turns the requests to new containers, which answer already
    held,            // the edge holds the requests until the new containers answer
    down             // from the stop of the old containers to the start of the new ones nobody answers
  };
  std::string service;
  Kind kind = Kind::down;
  std::vector<int> ports{};  // that the host publishes for it; empty: it is reached by other services only
};

constexpr auto enum_names(ServiceGap::Kind) {
  using enum ServiceGap::Kind;
  using Names = std::pair<ServiceGap::Kind, std::string_view>;
  return std::array{Names{nothing_serves, "nothing-serves"}, Names{none, "none"}, Names{held, "held"},
                    Names{down, "down"}};
}

/// How long the switch of an earlier deployment took, by its journal.
struct PastSwitch {
  std::string run;
  std::chrono::milliseconds took{};    // from the stop of the old containers to the start of the new ones
  std::chrono::milliseconds proven{};  // from there on, until their health was checked
};

/// `runs`: a container of the service runs now. `edge_there`: an edge stands in front of the project now.
ServiceGap::Kind kind_of_gap(const EnvironmentConfig&, const std::string& service, bool runs,
                             bool edge_there);

/// "port 8080 answers nobody while its containers stop and start".
std::string gap_text(const ServiceGap&);
/// "In the last 3 deployments that took 0.6 s to 0.9 s, and 4.1 s at the most until the health was checked."
/// Of switches of the same kind; there may be none.
std::string past_text(const std::vector<PastSwitch>&);

}  // namespace belay
