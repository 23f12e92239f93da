#include "repository.hpp"

#include <algorithm>

namespace belay::testing {

AppRepository::AppRepository() : path_(scratch_ / "shop") {
  fs::create_directories(path_);
  git({"init", "--quiet", "--initial-branch=main"});
  write("belay.yml", "app: shop\n");
  write("README", "the shop\n");
  write("app/index.js", "console.log(1)\n");
  write("app/compose.yml", "services: { backend: { image: busybox } }\n");
  write("app/.gitignore", "node_modules\ndist\n");
  commit("first");
}

void AppRepository::write(const std::string& name, const std::string& content) const {
  scratch_.write("shop/" + name, content);
}

std::string AppRepository::git(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv{"git",
                                "-C",
                                path_.string(),
                                "-c",
                                "user.name=Test",
                                "-c",
                                "user.email=test@example.org",
                                "-c",
                                "commit.gpgsign=false"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return sh(argv);
}

std::string AppRepository::commit(const std::string& subject) const {
  git({"add", "--all"});
  git({"commit", "--quiet", "--message", subject});
  std::string id = git({"rev-parse", "HEAD"});
  id.pop_back();
  return id;
}

Config AppRepository::config() const {
  Config config;
  config.file = path_ / "belay.yml";
  config.app = "shop";
  config.source = "app";
  EnvironmentConfig production;
  production.name = "production";
  production.source = "app";
  production.compose = {"compose.yml"};
  production.services = {"backend"};
  config.environments.push_back(production);
  return config;
}

std::vector<std::string> files_in(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (!entry.is_directory()) names.push_back(entry.path().lexically_relative(directory).string());
  std::ranges::sort(names);
  return names;
}

}  // namespace belay::testing
