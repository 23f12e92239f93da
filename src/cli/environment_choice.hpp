#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include <boost/json/array.hpp>

#include "base/error.hpp"
#include "cli/context.hpp"
#include "cli/style.hpp"
#include "model/config.hpp"

namespace belay::cli {

/// belay.yml has mistakes: all of them, for main to show at once. Nothing was touched (exit code 2).
class BadConfig : public Error {
 public:
  explicit BadConfig(Problems);
  const Problems& problems() const { return problems_; }

 private:
  Problems problems_;
};

/// Compiler style, then "3 problems in belay.yml". Ends with a newline.
std::string problems_text(const Problems&, const Style&);

/// The same for --json: [{"file":…,"line":…,"column":…,"message":…,"remedy":…}].
boost::json::array problems_json(const Problems&);

/// --config, or belay.yml in `start` or the nearest directory above it. Throws Error{bad_input} if there is
/// none.
std::filesystem::path find_config(const std::optional<std::filesystem::path>& given,
                                  const std::filesystem::path& start);

/// Reads and validates it. Only `environment`'s variables need be set; nullopt: everybody's. Secrets that are
/// needed and not set are asked of their sources, which may run programs. Throws BadConfig, and Error if a
/// source cannot be asked.
Config load_config(const std::filesystem::path& file, const VariableLookup&,
                   const std::optional<std::string>& environment, Needed = Needed::for_a_release,
                   std::stop_token = {});

/// `file` as people name a file that is near: belay.yml, ../belay.yml; else in full.
std::string near_name(const std::filesystem::path& file);

/// The file and one environment of it.
struct Chosen {
  Config config;
  std::string name;
  const EnvironmentConfig& environment() const { return *config.find(name); }
};
/// Throws Error{bad_input} with the list of environments when `name` is empty or unknown.
Chosen choose_environment(const std::optional<std::filesystem::path>& given_config, const std::string& name,
                          const VariableLookup&, Needed = Needed::for_the_way, std::stop_token = {});

/// The same, as it was asked for on the command line. From now on nothing that the command prints shows the
/// values of this environment's secrets.
Chosen choose_environment(Context&, const std::string& name, Needed = Needed::for_the_way);
/// The same for the secrets of all environments.
void hide_secrets(Context&, const Config&);

}  // namespace belay::cli
