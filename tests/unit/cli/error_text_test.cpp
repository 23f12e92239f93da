#include "cli/error_text.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include "../golden.hpp"
#include "cli/environment_choice.hpp"

using namespace belay;
using namespace belay::cli;

namespace {

Error sample() {
  Error error(
      "backing up the database failed: exit code 1",
      "pg_dump: error: connection to server failed\n\x1b[31mFATAL\x1b[0m: role \"crm_user\" does not exist",
      "Check backup.postgres.user in belay.yml.\nbelay check production looks at it.");
  error.add_frame("backing up crm-postgres");
  error.add_frame("deploying crm-backend to production");
  return error;
}

}  // namespace

TEST_CASE("an error says what failed, while doing what, why in the tool's words, and what next") {
  check_golden("error.txt", error_text(sample(), {false, true}));
}

TEST_CASE("an error in colours") {
  check_golden("error-colour.txt", error_text(sample(), {true, true}));
}

TEST_CASE("an error for a terminal without Unicode") {
  check_golden("error-ascii.txt", error_text(sample(), {false, false}));
}

TEST_CASE("an error with nothing more to say is one line") {
  CHECK(error_text(Error("no host answers"), {false, true}) == "error: no host answers\n");
}

TEST_CASE("an error as an event has all of it, and the exit code") {
  Error error("held", "why", "next", ExitCode::busy);
  error.add_frame("deploying");
  auto json = error_json(error);
  CHECK(json.at("type") == "error");
  CHECK(json.contains("at"));
  json.erase("at");
  CHECK(boost::json::serialize(json) ==
        R"({"type":"error","exit_code":4,"message":"held","why":"why","next":"next","while":["deploying"]})");
}

TEST_CASE("all problems of a file are shown at once, and counted") {
  const Problems problems = {
      {"belay.yml", {3, 1}, "unknown key 'enviroments'", "did you mean 'environments'?", "enviroments:"},
      {"belay.yml", {7, 12}, "'often' is not a number", "a number from 1 to 1000", "    attempts: often"}};
  check_golden("problems.txt", problems_text(problems, {false, true}));
  CHECK(problems_text({problems.front()}, {false, true}).find("1 problem; nothing was touched") !=
        std::string::npos);
  CHECK(BadConfig(problems).exit_code() == ExitCode::bad_input);
}
