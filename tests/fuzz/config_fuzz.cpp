#include <cstdint>

#include <boost/json/serialize.hpp>

#include "model/plan.hpp"
#include "require.hpp"

/// Any text is either a configuration that survives its way to the host, or a list of problems in the file's
/// order, each of which can be shown.
using namespace belay;

namespace {

std::optional<std::string> some_variables(const std::string& name) {
  if (name == "SET") return "value";
  if (name == "EMPTY") return "";
  return std::nullopt;
}

void check(const Config& config) {
  REQUIRE_ALWAYS(!config.environments.empty());
  for (const EnvironmentConfig& environment : config.environments) {
    REQUIRE_ALWAYS(environment.path.is_absolute() && environment.path != "/");
    REQUIRE_ALWAYS(environment.host.local || !environment.host.destination.empty());
    REQUIRE_ALWAYS(environment.host.destination.find_first_of(" \t\n'\"$`;|&<>()") == std::string::npos);
    const auto written = plan_to_json(plan_deployment(config.app, environment, {}, {}, {}));
    const auto back = plan_to_json(plan_from_json(written));
    REQUIRE_ALWAYS(boost::json::serialize(back) == boost::json::serialize(written));
  }
}

void check(const Problems& problems) {
  REQUIRE_ALWAYS(!problems.empty());
  Location last;
  for (const Problem& problem : problems) {
    REQUIRE_ALWAYS(!problem.message.empty());
    REQUIRE_ALWAYS(rendered(problem).ends_with('\n'));
    const bool in_order =
        problem.at.line > last.line || (problem.at.line == last.line && problem.at.column >= last.column);
    REQUIRE_ALWAYS(in_order);
    last = problem.at;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_config("belay.yml", text, some_variables);
  if (config)
    check(*config);
  else
    check(config.error());
  return 0;
}
