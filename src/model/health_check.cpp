#include <algorithm>

#include <fmt/core.h>

#include "model/config.hpp"
#include "model/url.hpp"

namespace belay {

bool HealthCheck::is_good(int answered) const {
  if (status.empty()) return answered >= 200 && answered < 300;
  return std::ranges::find(status, answered) != status.end();
}

HealthCheck HealthCheck::filled(const Values& values) const {
  HealthCheck check = *this;
  for (auto* text : {&check.url, &check.user, &check.password}) *text = belay::filled(*text, values);
  for (auto& header : check.headers) header.value = belay::filled(header.value, values);
  // A whole URL may be one variable.
  auto of_url =
      login.empty() ? login_of(cut_login_out_of(check.url)) : login_of(belay::filled(login, values));
  check.login.clear();
  if (!check.user.empty()) return check;
  check.user = std::move(of_url.user);
  check.password = std::move(of_url.password);
  return check;
}

std::vector<std::string> HealthCheck::missing(const Values& values) const {
  std::vector<std::string> names;
  const auto look = [&](const std::string& text) {
    for (auto& name : variables_in(text))
      if (!values.contains(name) && std::ranges::find(names, name) == names.end())
        names.push_back(std::move(name));
  };
  for (const auto* text : {&url, &user, &password, &login}) look(*text);
  for (const auto& header : headers) look(header.value);
  return names;
}

std::string HealthCheck::shown_url() const {
  const auto host = url.find("://") + 3;
  if ((user.empty() && login.empty()) || url.find("://") == std::string::npos) return url;
  return url.substr(0, host) + (user.empty() ? "***@" : user + ":***@") + url.substr(host);
}

std::string HealthCheck::by_hand() const {
  std::string command = "curl -i";
  if (follow_redirects) command += " -L";
  if (!user.empty() || !login.empty()) command += " -u " + (user.empty() ? "…" : user);
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
