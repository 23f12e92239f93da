#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "base/deadline.hpp"

namespace belay::compose {

/// `docker compose` for what only it can say or do: resolving a model, building, turning a service into a
/// container. Its semantics are not rewritten here. Throws Error with its own last words.

/// Where compose is asked: the project directory resolves relative paths and finds .env; the file may lie
/// elsewhere (in a release).
struct Project {
  std::filesystem::path directory;
  std::filesystem::path file;
  std::string name{};  // empty: compose decides (directory's name, `name:`, COMPOSE_PROJECT_NAME)
};

/// "2.26.1". Throws Error if the plugin is missing.
std::string version(std::stop_token);

/// The resolved model (`config --format json`).
boost::json::object resolved(const Project&, std::stop_token, Deadline);
/// The hash compose will compare a service's container with (`config --hash`).
std::string service_hash(const Project&, const std::string& service, std::stop_token, Deadline);

using LineSink = std::function<void(const std::string&)>;

/// Builds the services that have a build section; output comes line by line (plain progress).
void build(const Project&, const std::vector<std::string>& services, const LineSink&, std::stop_token,
           Deadline);
/// Pulls one service's image.
void pull(const Project&, const std::string& service, const LineSink&, std::stop_token, Deadline);
/// Creates (does not start) one more container of `service` beside the existing ones, without its
/// dependencies.
void create_one_more(const Project&, const std::string& service, int existing, std::stop_token, Deadline);

}  // namespace belay::compose
