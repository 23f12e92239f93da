#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "model/config.hpp"
#include "model/host_facts.hpp"
#include "model/release.hpp"

namespace belay {

/// Ask "up": the service of this environment that is to be made anew.
struct UpRequest {
  EnvironmentConfig environment;
  std::string service;
  Author by;
  std::vector<RegistryLogin> logins{};  // in memory only
};
boost::json::object up_request_to_json(const UpRequest&);
UpRequest up_request_from_json(const boost::json::object&);

/// The answer: it runs, or has ended with exit code 0 as it may.
struct UpAnswer {
  std::vector<RunningContainer> containers;
  std::vector<std::string> sharing{};  // released services that go on with what they share with the old one
};
boost::json::object up_answer_to_json(const UpAnswer&);
UpAnswer up_answer_from_json(const boost::json::object&);

}  // namespace belay
