#include "model/image_name.hpp"

#include <doctest/doctest.h>

using namespace belay;

TEST_CASE("an image's name is read as Docker reads it") {
  CHECK(image_name("nginx") == ImageName{"docker.io", "library/nginx", "latest", ""});
  CHECK(image_name("nginx:1.27") == ImageName{"docker.io", "library/nginx", "1.27", ""});
  CHECK(image_name("docker.io/nginx:latest") == image_name("nginx"));
  CHECK(image_name("index.docker.io/library/nginx") == image_name("nginx"));
  CHECK(image_name("shop/web:3") == ImageName{"docker.io", "shop/web", "3", ""});
  CHECK(image_name("ghcr.io/shop/web") == ImageName{"ghcr.io", "shop/web", "latest", ""});
  CHECK(image_name("localhost/web") == ImageName{"localhost", "web", "latest", ""});
  CHECK(image_name("127.0.0.1:5000/web:{commit}") == ImageName{"127.0.0.1:5000", "web", "{commit}", ""});
}

TEST_CASE("by its digest an image does not move, whatever its tag") {
  const auto pinned = image_name("ghcr.io/shop/web:3@sha256:abc");
  CHECK(pinned == ImageName{"ghcr.io", "shop/web", "3", "sha256:abc"});
  CHECK_FALSE(pinned.moving());
  CHECK(image_name("web@sha256:abc") == ImageName{"docker.io", "library/web", "", "sha256:abc"});
  CHECK(image_name("web:3").moving());
}
