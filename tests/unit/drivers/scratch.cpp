#include "scratch.hpp"

#include <cstdlib>
#include <fstream>

#include "base/process.hpp"

namespace belay::testing {

fs::path Scratch::write(const std::string& name, const std::string& content) const {
  const fs::path file = path() / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
  return file;
}

std::string sh(const std::vector<std::string>& argv, const fs::path& directory) {
  return require_output({.argv = argv, .directory = directory}, {}, Deadline::in(std::chrono::minutes(2)),
                        "a program that the test needs failed: " + argv[0]);
}

WithVariable::WithVariable(std::string name, const std::string& value) : name_(std::move(name)) {
  ::setenv(name_.c_str(), value.c_str(), 1);
}
WithVariable::~WithVariable() {
  ::unsetenv(name_.c_str());
}

}  // namespace belay::testing
