#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/files.hpp"

namespace belay::testing {

/// A directory that a test fills and that is gone afterwards.
class Scratch {
 public:
  const fs::path& path() const { return directory_.path(); }
  fs::path operator/(const std::string& name) const { return path() / name; }
  /// Writes a file, with the directories above it.
  fs::path write(const std::string& name, const std::string& content) const;

 private:
  TemporaryDirectory directory_{"belay-test"};
};

/// Runs a program that a test needs; the test fails if it does. Returns its stdout.
std::string sh(const std::vector<std::string>& argv, const fs::path& directory = {});

/// Sets an environment variable for a scope.
class WithVariable {
 public:
  WithVariable(std::string name, const std::string& value);
  ~WithVariable();
  WithVariable(const WithVariable&) = delete;
  WithVariable& operator=(const WithVariable&) = delete;

 private:
  std::string name_;
};

}  // namespace belay::testing
