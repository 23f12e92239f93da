#include "runtime/unreleasable.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

namespace belay {
namespace {

std::vector<std::string> found(const std::string& service) {
  const auto model = boost::json::parse(R"({"services": {"web": )" + service +
                                        R"(, "other": {"provider": {"type": "x"}}}})");
  std::vector<std::string> sentences;
  for (const auto& obstacle : unreleasable_keys(model.as_object(), {"web"})) {
    CHECK_FALSE(obstacle.remedy.empty());
    CHECK(obstacle.key == std::vector<std::string>{"services", "web",
                                                   obstacle.what.substr(16, obstacle.what.find(':') - 16)});
    sentences.push_back(obstacle.what.substr(0, obstacle.what.find(':')));
  }
  return sentences;
}

TEST_CASE("what Compose does beside making containers is refused by name, of what is released alone") {
  using Lines = std::vector<std::string>;
  CHECK(
      found(R"({"image": "a", "pre_start": [], "models": {}, "provider": null, "use_api_socket": false})") ==
      Lines{});
  CHECK(found(R"({"pre_start": [{"command": ["true"]}]})") == Lines{"service web has pre_start"});
  CHECK(found(R"({"use_api_socket": true, "models": {"small": null}})") ==
        Lines{"service web has use_api_socket", "service web has models"});
  CHECK(found(R"({"use_api_socket": true})") == Lines{"service web has use_api_socket"});
  CHECK(found(R"({"provider": {"type": "model"}})") == Lines{"service web has provider"});
}

}  // namespace
}  // namespace belay
