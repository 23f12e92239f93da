#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "drivers/docker.hpp"
#include "model/config.hpp"
#include "model/layout.hpp"

namespace belay {

/// What an attempt tells the functions that work on its edge. What it refers to outlives it.
struct EdgePlace {
  const docker::Engine& engine;
  const Layout& layout;
  const EdgeConfig& config;
  std::string nonce;                   // of the attempt: label belay.nonce on what it makes
  std::filesystem::path compose_file;  // the project's in the live directory; compose reads it from a label
  std::stop_token stop;
  std::function<void(const std::string&)> say;  // a line for people
  std::function<void(std::int64_t ended, std::int64_t of)> show_ended =
      {};  // sessions, while they are drained
};

}  // namespace belay
