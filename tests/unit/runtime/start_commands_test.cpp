#include "runtime/start_commands.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

namespace belay {
namespace {

std::vector<ContainerCommand> commands(const char* service) {
  return commands_after_start(boost::json::parse(service).as_object());
}

TEST_CASE("the commands of post_start are read in order, with all that compose gives them") {
  const auto found = commands(R"({"post_start": [
      {"command": ["sh", "-c", "echo $$WORD >/tmp/word"], "user": "app", "working_dir": "/tmp", "privileged": true,
       "environment": {"WORD": "one$$two", "GONE": null}},
      {"command": ["true"], "per_replica": false}]})");
  REQUIRE(found.size() == 2);
  CHECK(found[0].words == std::vector<std::string>{"sh", "-c", "echo $WORD >/tmp/word"});
  CHECK(found[0].user == "app");
  CHECK(found[0].directory == "/tmp");
  CHECK(found[0].privileged);
  CHECK(found[0].environment == std::vector<std::string>{"WORD=one$two", "GONE"});
  CHECK(found[1].words == std::vector<std::string>{"true"});
  CHECK(found[1].user.empty());
  CHECK_FALSE(found[1].privileged);
}

TEST_CASE("a service without post_start has no commands, and pre_stop is none") {
  for (const char* service : {R"({})", R"({"post_start": null})", R"({"post_start": []})",
                              R"({"pre_stop": [{"command": ["true"]}]})"})
    CHECK(commands(service).empty());
}

}  // namespace
}  // namespace belay
