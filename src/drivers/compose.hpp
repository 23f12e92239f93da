#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "base/deadline.hpp"

namespace belay::compose {

/// `docker compose` for what only it can say or do: resolving a model, building, turning a service into a
/// container. Its semantics are not rewritten here. Throws Error with its own last words.

/// Where and how compose is asked. It runs in `directory`, which resolves relative paths and holds .env; of
/// the caller's environment it sees only what Docker and the system need, and `values`.
struct Project {
  std::filesystem::path directory;
  std::vector<std::filesystem::path> files{};      // empty: those that compose itself finds there
  std::string name{};                              // empty: compose decides
  std::vector<std::filesystem::path> env_files{};  // empty: .env
  std::vector<std::string> profiles{};             // on top of COMPOSE_PROFILES in .env
  std::map<std::string, std::string> values{};     // for interpolation; they win over .env
};

/// "2.26.1". Throws Error if the plugin is missing.
std::string version(std::stop_token);
/// The oldest that is used: 2.20 reads `include`, resolves a model as text and creates beside what runs.
inline constexpr auto least_version = "2.20";
/// As version(), and Error{bad_input} if it is older.
std::string require_version(std::stop_token);

/// "0.29.1", of the plugin that newer versions of compose build with; empty where it is not there.
std::string buildx_version(std::stop_token);
/// Whether `up` of that version makes anew, or starts again, whoever depends on a service that it makes anew.
/// From 2.35 on `depends_on` has to ask for it by `restart: true`.
bool dependents_follow(const std::string& version);

using LineSink = std::function<void(const std::string&)>;

/// The resolved model (`config --format json`). `warn` gets what compose says beside it, such as a variable
/// that is not set.
boost::json::object resolved(const Project&, std::stop_token, Deadline, const LineSink& warn = {});
/// For each service the hash that compose compares its container with (`config --hash`). A model `as_it_is`
/// is taken as it stands: compose adds no dependency for what it refers to, which need not be a service of
/// it.
enum class Reading { as_usual, as_it_is };
std::map<std::string, std::string> service_hashes(const Project&, std::stop_token, Deadline,
                                                  Reading = Reading::as_usual);
/// Builds the services that have a build section; output comes line by line (plain progress).
void build(const Project&, const std::vector<std::string>& services, const LineSink&, std::stop_token,
           Deadline);
/// Pulls one service's image.
void pull(const Project&, const std::string& service, const LineSink&, std::stop_token, Deadline);
/// Creates (does not start) one container of each of these services, without what they depend on. With `none`
/// it creates no container, only the networks and volumes that are missing.
enum class Containers { one, none };
void create(const Project&, const std::vector<std::string>& services, Containers, std::stop_token, Deadline);
enum class Dependencies { started, left_alone };
/// Starts these services, and what they depend on or that not; what is there is left as it is.
void start(const Project&, const std::vector<std::string>& services, Dependencies, const LineSink&,
           std::stop_token, Deadline);

/// Makes the containers of one service anew, also where nothing has changed, and starts them; what it depends
/// on is left as it is.
void make_anew(const Project&, const std::string& service, std::stop_token, Deadline);

}  // namespace belay::compose
