#include "runtime/images.hpp"

#include <doctest/doctest.h>

using namespace belay;

TEST_CASE("what is the same as in the release before is said to be nothing new") {
  Release before;
  before.services = {{.name = "web", .image_id = "sha256:a"}, {.name = "api", .image_id = "sha256:b"}};
  const auto said = nothing_new({{"web", "sha256:a"}, {"api", "sha256:c"}, {"new", "sha256:a"}}, before);
  CHECK(said == std::vector<std::string>{"nothing new: the image of web is the same as before"});
  CHECK(nothing_new({{"web", "sha256:a"}}, std::nullopt).empty());
}
