#include "model/build_order.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"

namespace belay {
namespace {

TEST_CASE("an order to build comes over as it was written") {
  const BuildOrder order{.source = "/srv/shop/.belay/releases/1/source",
                         .model = {{"services", {{"web", {{"build", {{"context", "."}}}}}}}},
                         .services = {"web"},
                         .images = {"shop-web:1"},
                         .platform = "linux/arm64",
                         .layers = {{"sha256:a", "sha256:b"}, {}}};
  const auto back = build_order_from_text(build_order_to_text(order));
  CHECK(back.source == order.source);
  CHECK(back.model == order.model);
  CHECK(back.services == order.services);
  CHECK(back.images == order.images);
  CHECK(back.platform == "linux/arm64");
  CHECK(back.layers == order.layers);
}

TEST_CASE("half an order is an error that says what is missing") {
  CHECK_THROWS_WITH_AS(build_order_from_text(R"({"source": "/x"})"), doctest::Contains("build order.model"),
                       Error);
  CHECK_THROWS_AS(build_order_from_text(R"({"sour)"), Error);
}

}  // namespace
}  // namespace belay
