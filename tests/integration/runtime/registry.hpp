#pragma once

#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/process.hpp"
#include "model/config.hpp"

namespace belay::testing {

/// A registry on the loopback, with a user and a password; gone with this object.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  std::string name() const;  // 127.0.0.1:PORT
  RegistryLogin login() const;
  /// busybox, changed so that it is an image of its own, pushed as `name()/repository:tag`. Leaves nothing of
  /// it on the Engine. Returns its id.
  std::string push(const std::string& repository, const std::string& tag, const std::string& marker) const;

 private:
  TemporaryDirectory directory_{"belay-it-registry"};
  int port_;
  Child server_;
};

/// Runs a program that must succeed; its stdout without the last newline.
std::string sh(const std::vector<std::string>& argv, const std::map<std::string, std::string>& set = {});

}  // namespace belay::testing
