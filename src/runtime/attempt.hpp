#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "drivers/docker.hpp"
#include "model/layout.hpp"
#include "model/notes.hpp"

namespace belay {

/// One attempt at a release, for what is done with containers: where, and under which labels.
struct Attempt {
  const docker::Engine& engine;
  const Layout& layout;
  std::string release;  // the candidate's id
  std::string nonce;    // label belay.nonce on everything it makes
  std::stop_token stop;
};

/// The containers this attempt made for `role`, in no order.
std::vector<docker::Container> made_by(const Attempt&, const std::string& role);
/// The value of a label; empty: it has none.
std::string label_of(const docker::Container&, const std::string& label);
/// The name compose gave the service of a container; empty: not compose's.
std::string service_of(const docker::Container&);

}  // namespace belay
