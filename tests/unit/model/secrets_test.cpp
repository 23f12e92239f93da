#include "model/secrets.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include "model/plan.hpp"
#include "samples.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

EnvironmentConfig secretive() {
  return parsed(minimal("health: { url: \"https://ops:pass-w0rd@a.example/\", headers: { X-Token: t0ken }, "
                        "web: { url: \"http://localhost/\", user: u, password: other } }"))
      .environments.at(0);
}

}  // namespace

TEST_CASE("no secret stands in a plan's JSON") {
  const auto text = boost::json::serialize(plan_to_json(plan_deployment("a", secretive(), {}, {}, {})));
  for (const char* secret : {"pass-w0rd", "t0ken", "other"}) CHECK_FALSE(text.contains(secret));
  CHECK(text.contains("X-Token"));
}

TEST_CASE("secrets travel beside a plan and are given back") {
  const auto environment = secretive();
  auto plan = plan_from_json(plan_to_json(plan_deployment("a", environment, {}, {}, {})));
  CHECK(plan.environment.health.password.empty());
  give_secrets(plan.environment, secrets_of(environment));
  CHECK(plan.environment.health.password == "pass-w0rd");
  CHECK(plan.environment.health.headers.at(0).value == "t0ken");
  CHECK(plan.environment.service_health.at(0).check.password == "other");
  CHECK(plan.environment.service_health.at(0).check.headers.at(0).value == "t0ken");
}

TEST_CASE("an environment without secrets has none to send") {
  CHECK(secrets_of(parsed(minimal("health: \"http://localhost/\"")).environments.at(0)).empty());
}
