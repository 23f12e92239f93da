#include <algorithm>

#include <fmt/core.h>

#include "model/config.hpp"
#include "model/url.hpp"

namespace belay {

bool HealthCheck::is_good(int answered) const {
  if (status.empty()) return answered >= 200 && answered < 300;
  return std::ranges::find(status, answered) != status.end();
}

std::string HealthCheck::shown_url() const {
  auto taken_apart = parse_url(url);
  if (user.empty() || !taken_apart) return url;
  taken_apart->user = user;
  return taken_apart->shown();
}

std::string HealthCheck::by_hand() const {
  std::string command = "curl -i";
  if (follow_redirects) command += " -L";
  if (!user.empty()) command += " -u " + user;
  for (const auto& header : headers) command += fmt::format(" -H '{}: …'", header.name);
  return command + " " + url;
}

HealthCheck HealthCheck::with_patience(std::chrono::milliseconds least) const {
  HealthCheck patient = *this;
  const auto needed = (least + interval - std::chrono::milliseconds(1)) / interval;
  patient.attempts = std::max(attempts, static_cast<int>(needed));
  return patient;
}

std::string MigrationRule::shown() const {
  std::string text = command;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

bool EnvironmentConfig::is_replaced(const std::string& service) const {
  return strategy != Strategy::recreate && std::ranges::find(replaced, service) != replaced.end();
}

std::vector<ServiceHealth> EnvironmentConfig::checks() const {
  std::vector<ServiceHealth> all;
  if (!health.url.empty()) all.push_back({{}, health});
  for (const auto& one : service_health)
    if (!one.check.url.empty()) all.push_back(one);
  return all;
}

}  // namespace belay
