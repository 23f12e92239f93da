#include "drivers/docker_context.hpp"

#include <cstdlib>

#include <boost/json.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "drivers/docker_logins.hpp"
#include "drivers/program.hpp"
#include "model/json_parts.hpp"

namespace belay::docker {

namespace json = boost::json;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// DOCKER_CONTEXT wins over DOCKER_HOST, that over the context of the configuration (docker help context
/// use).
std::string selected_context() {
  if (auto named = variable("DOCKER_CONTEXT"); !named.empty()) return named;
  if (!variable("DOCKER_HOST").empty()) return {};
  const auto directory = own_config_directory();
  const auto text = directory.empty() ? std::nullopt : read_file_if_exists(directory / "config.json");
  json::error_code bad;
  const auto config = json::parse(text.value_or("{}"), bad);
  if (bad || !config.is_object()) return {};  // docker itself says what is wrong with it
  return text_at(config.get_object(), "currentContext");
}

}  // namespace

Chosen chosen_engine(std::stop_token stop) {
  const auto context = selected_context();
  if (context.empty() || context == "default") return {.host = variable("DOCKER_HOST"), .context = {}};
  const Captured inspected =
      capture({.argv = {"docker", "context", "inspect", context, "--format", "{{.Endpoints.docker.Host}}"}},
              std::move(stop), Deadline::in(std::chrono::seconds(20)));
  require_success(inspected, "Docker's context " + context + " cannot be read",
                  "docker context ls shows those there are; docker context use default takes none");
  return {.host = inspected.out.substr(0, inspected.out.find('\n')), .context = context};
}

std::string settle_on_one_engine() {
  const auto chosen = chosen_engine();
  if (chosen.context.empty()) return {};
  ::setenv("DOCKER_HOST", chosen.host.c_str(), 1);
  ::unsetenv("DOCKER_CONTEXT");
  return chosen.context;
}

}  // namespace belay::docker
