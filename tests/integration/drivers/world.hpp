#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "base/files.hpp"
#include "drivers/compose.hpp"
#include "drivers/docker.hpp"

namespace belay::testing {

/// A real Engine, and what a test leaves in it: everything named belay-it-<nonce>-… is removed at the end.
class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  docker::Engine engine = docker::Engine::connect();
  /// A name of this test alone.
  std::string name(const std::string& part) const { return prefix_ + part; }

  /// Creates (does not start) a container of busybox that runs a shell script.
  std::string create(const std::string& part, const std::string& script, boost::json::object more = {}) const;
  /// The same, started.
  std::string start(const std::string& part, const std::string& script, boost::json::object more = {}) const;

  /// A compose project of this test: its file is written into a directory of its own.
  compose::Project project(const std::string& yaml) const;
  fs::path directory() const { return directory_.path(); }

 private:
  std::string prefix_;
  TemporaryDirectory directory_{"belay-it"};
};

/// Runs a program that must succeed; its stdout without the last newline.
std::string sh(const std::vector<std::string>& argv, const fs::path& directory = {});
/// Waits until it holds; half a minute at the most (a guard against hanging, not a measure).
bool eventually(const std::function<bool()>&);
Deadline soon();

}  // namespace belay::testing
