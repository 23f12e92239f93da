#include "world.hpp"

#include <sstream>
#include <thread>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"

namespace belay::testing {
namespace {

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> found;
  for (std::string word; stream >> word;) found.push_back(word);
  return found;
}

/// Removes what `docker <kind> ls` shows under the prefix. Cleaning up goes on where one thing cannot be
/// removed.
void sweep(const std::vector<std::string>& list, std::vector<std::string> remove) {
  const std::vector<std::string> found = words(capture({.argv = list}, {}, soon()).out);
  if (found.empty()) return;
  remove.insert(remove.end(), found.begin(), found.end());
  capture({.argv = remove}, {}, soon());
}

}  // namespace

World::World() : prefix_("belay-it-" + random_nonce().substr(0, 6) + "-") {}

World::~World() {
  sweep({"docker", "ps", "--all", "--quiet", "--filter", "name=" + prefix_},
        {"docker", "rm", "--force", "--volumes"});
  sweep({"docker", "network", "ls", "--quiet", "--filter", "name=" + prefix_}, {"docker", "network", "rm"});
  sweep({"docker", "volume", "ls", "--quiet", "--filter", "name=" + prefix_}, {"docker", "volume", "rm"});
  sweep(
      {"docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "reference=" + prefix_ + "*"},
      {"docker", "rmi", "--force"});
}

std::string World::create(const std::string& part, const std::string& script,
                          boost::json::object more) const {
  more["Image"] = "busybox";
  more["Cmd"] = boost::json::array{"sh", "-c", script};
  return engine.create(name(part), more);
}

std::string World::start(const std::string& part, const std::string& script, boost::json::object more) const {
  const std::string id = create(part, script, std::move(more));
  engine.start(id);
  return id;
}

compose::Project World::project(const std::string& yaml) const {
  const fs::path file = directory_.path() / "compose.yml";
  write_file_atomically(file, yaml);
  return {.directory = directory_.path(), .files = {file}, .name = prefix_ + "app"};
}

std::string sh(const std::vector<std::string>& argv, const fs::path& directory) {
  std::string out = require_output(
      {.argv = argv, .directory = directory}, {}, soon(),
      "a program that the test needs failed: " + argv[0] + " " + (argv.size() > 1 ? argv[1] : ""));
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

bool eventually(const std::function<bool()>& holds) {
  const Deadline guard = Deadline::in(std::chrono::seconds(30));
  while (!guard.expired()) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

Deadline soon() {
  return Deadline::in(std::chrono::minutes(2));
}

}  // namespace belay::testing
