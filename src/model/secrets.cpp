#include "model/secrets.hpp"

#include <boost/json/value.hpp>
#include <fmt/core.h>

namespace belay {

namespace {

/// Calls `visit(place, text)` for each secret of the environment, set or not.
template <class Environment, class Visit>
void for_each_secret(Environment& environment, const Visit& visit) {
  const auto of_check = [&](const std::string& place, auto& check) {
    visit(place + ".password", check.password);
    visit(place + ".login", check.login);
    for (auto& header : check.headers) visit(place + ".headers." + header.name, header.value);
  };
  of_check("health", environment.health);
  for (auto& one : environment.service_health) of_check("health." + one.service, one.check);
}

}  // namespace

boost::json::object secrets_of(const EnvironmentConfig& environment) {
  boost::json::object secrets;
  for_each_secret(environment, [&](const std::string& place, const std::string& text) {
    if (!text.empty()) secrets[place] = text;
  });
  return secrets;
}

void give_secrets(EnvironmentConfig& environment, const boost::json::object& secrets) {
  for_each_secret(environment, [&](const std::string& place, std::string& text) {
    if (const auto* found = secrets.if_contains(place); found != nullptr && found->is_string())
      text = std::string(found->get_string());
  });
}

Masks masks_of(const EnvironmentConfig& environment, const Values& variables) {
  Values hidden = variables;
  for (const auto& shown : environment.shown_variables) hidden.erase(shown);
  return Masks(hidden);
}

std::string or_into_file(const SecretSources& sources) {
  return sources.file.empty() ? "" : fmt::format(", or put it into {}: belay secrets set NAME", sources.file);
}

Problem unset_secret(const std::string& config_file, const NeededSecret& secret,
                     const SecretSources& sources) {
  const auto expanded =
      expand_variables("${" + secret.name + "}", [](const std::string&) { return std::nullopt; });
  const auto& fault = expanded.unset.at(0);
  return {config_file, secret.at, fault.message, fault.remedy + or_into_file(sources), {}};
}

}  // namespace belay
