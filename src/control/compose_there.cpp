#include "control/compose_there.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include <boost/json/parse.hpp>

namespace belay {

namespace {

/// "3001", 3001, or a range "3000-3002", as different versions of compose print them.
void take_ports(const boost::json::value& published, std::set<int>& ports) {
  if (published.is_int64()) {
    ports.insert(static_cast<int>(published.get_int64()));
    return;
  }
  if (!published.is_string()) return;
  const std::string text(published.get_string());
  const char* const end = text.data() + text.size();
  int first = 0, last = 0;
  const auto read = std::from_chars(text.data(), end, first);
  if (read.ec != std::errc{}) return;
  last = first;
  if (read.ptr != end && *read.ptr == '-') std::from_chars(read.ptr + 1, end, last);
  for (int port = first; port <= last && port <= 65535; ++port)
    if (port > 0) ports.insert(port);
}

const boost::json::object* object_in(const boost::json::object& object, std::string_view key) {
  const auto* const value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

}  // namespace

ResolvedThere resolve_there(Session& session, const EnvironmentConfig& environment,
                            const std::string& compose_text, std::stop_token stop) {
  const std::string script =
      "if [ -d \"$1\" ]; then cd \"$1\"; else cd /; fi && exec docker compose -f - --project-directory . "
      "config "
      "--format json";
  const Captured answer =
      session.capture_there({"sh", "-c", script, "belay", environment.path.string()}, compose_text,
                            std::move(stop), Deadline::in(std::chrono::seconds(60)));
  if (!answer.ok())
    return {.model = {}, .problem = answer.err.empty() ? answer.outcome.described() : answer.err};
  boost::json::error_code problem;
  const boost::json::value model = boost::json::parse(answer.out, problem);
  if (problem || !model.is_object()) return {.model = {}, .problem = "compose did not answer with a model"};
  return {.model = model.get_object(), .problem = {}};
}

std::vector<int> published_ports(const boost::json::object& model, const std::vector<std::string>& services) {
  std::set<int> ports;
  const auto* const all = object_in(model, "services");
  if (all == nullptr) return {};
  for (const std::string& name : services) {
    const auto* const service = object_in(*all, name);
    if (service == nullptr) continue;
    const auto* const list = service->if_contains("ports");
    if (list == nullptr || !list->is_array()) continue;
    for (const auto& port : list->get_array())
      if (port.is_object())
        if (const auto* const published = port.get_object().if_contains("published"))
          take_ports(*published, ports);
  }
  return {ports.begin(), ports.end()};
}

std::vector<std::string> services_of(const boost::json::object& model) {
  std::vector<std::string> names;
  if (const auto* const all = object_in(model, "services"))
    for (const auto& service : *all) names.emplace_back(service.key());
  return names;
}

}  // namespace belay
