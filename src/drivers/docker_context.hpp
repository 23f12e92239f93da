#pragma once

#include <stop_token>
#include <string>

namespace belay::docker {

/// Which Engine this machine's user means: that of DOCKER_HOST, else that of the current Docker context
/// (rootless Docker selects one), else the system's. API and compose have to ask the same one.
struct Chosen {
  std::string host;     // as DOCKER_HOST names it: unix:///var/run/docker.sock; empty: the system's
  std::string context;  // by which it was chosen; empty: by none
};

/// Runs `docker context inspect`, and only where a context is selected. Throws Error with its words.
Chosen chosen_engine(std::stop_token = {});

/// Sets DOCKER_HOST to what chosen_engine() finds, so that this process and all it starts ask one Engine.
/// Before any thread. Returns the context's name; empty: none was selected.
std::string settle_on_one_engine();

}  // namespace belay::docker
