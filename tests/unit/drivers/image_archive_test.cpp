#include "drivers/image_archive.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "scratch.hpp"

namespace belay::docker {
namespace {

using Layers = std::vector<std::vector<std::string>>;

/// What `docker save` of Engine 25 and newer writes; "app" and "job" share their two lowest layers.
constexpr auto manifest = R"([
  {"Config": "blobs/app", "RepoTags": ["app:1"], "Layers": ["blobs/base", "blobs/libs", "blobs/app-code"]},
  {"Config": "blobs/job", "RepoTags": ["job:1", "job:2"], "Layers": ["blobs/base", "blobs/libs", "blobs/job-code"]}])";
constexpr auto config_of_app =
    R"({"os": "linux", "architecture": "arm64", "rootfs": {"diff_ids": ["sha256:b", "sha256:l", "sha256:a"]}})";
constexpr auto config_of_job =
    R"({"os": "linux", "architecture": "arm64", "rootfs": {"diff_ids": ["sha256:b", "sha256:l", "sha256:j"]}})";

class Saved {
 public:
  Saved() {
    put("manifest.json", manifest);
    put("blobs/app", config_of_app);
    put("blobs/job", config_of_job);
    for (const char* layer : {"base", "libs", "app-code", "job-code"})
      put(std::string("blobs/") + layer, layer);
  }
  void put(const std::string& name, const std::string& text) const {
    make_directories((path() / name).parent_path());
    write_file_atomically(path() / name, text);
  }
  const fs::path& path() const { return directory_.path(); }

 private:
  TemporaryDirectory directory_{"belay-saved-"};
};

TEST_CASE("the images of what docker save wrote") {
  const Saved saved;
  const auto images = images_in(saved.path());
  REQUIRE(images.size() == 2);
  CHECK(images[0].names == std::vector<std::string>{"app:1"});
  CHECK(images[1].names == std::vector<std::string>{"job:1", "job:2"});
  CHECK(images[0].platform == "linux/arm64");
  CHECK(images[0].layers[2].diff_id == "sha256:a");
  CHECK(images[0].layers[2].file == "blobs/app-code");
}

TEST_CASE("the layers that an Engine need not be sent are those whose whole chain it has, in every image") {
  using Files = std::vector<std::string>;
  const Saved saved;
  CHECK(known_layers(saved.path(), {}) == Files{});
  CHECK(known_layers(saved.path(), Layers{{"sha256:x", "sha256:b"}}) == Files{});  // the same layer elsewhere
  CHECK(known_layers(saved.path(), Layers{{"sha256:b"}}) == Files{"blobs/base"});
  CHECK(known_layers(saved.path(), Layers{{"sha256:b", "sha256:x"}, {"sha256:b", "sha256:l", "sha256:y"}}) ==
        Files{"blobs/base", "blobs/libs"});
  CHECK(known_layers(saved.path(), Layers{{"sha256:b", "sha256:l", "sha256:a"}}) ==
        Files{"blobs/app-code", "blobs/base", "blobs/libs"});
}

TEST_CASE(
    "a layer that is a link to one that is needed elsewhere is sent: older Engines save equal layers so") {
  const Saved saved;
  saved.put(
      "manifest.json",
      R"([{"Config": "blobs/app", "RepoTags": ["app:1"], "Layers": ["one/layer.tar", "two/layer.tar", "three/layer.tar"]}])");
  saved.put("blobs/app", R"({"rootfs": {"diff_ids": ["sha256:same", "sha256:other", "sha256:same"]}})");
  saved.put("one/layer.tar", "same");
  saved.put("two/layer.tar", "other");
  make_directories(saved.path() / "three");
  fs::create_symlink("../one/layer.tar", saved.path() / "three/layer.tar");
  CHECK(known_layers(saved.path(), Layers{{"sha256:same", "sha256:other"}}) ==
        std::vector<std::string>{"two/layer.tar"});
}

TEST_CASE("what docker save did not write is an error that names the file") {
  const Saved saved;
  saved.put("blobs/app", R"({"rootfs": {"diff_ids": ["sha256:b"]}})");
  CHECK_THROWS_WITH_AS(images_in(saved.path()), doctest::Contains("the image app:1 has 1 layers and 3 files"),
                       Error);
  saved.put("manifest.json", "[{");
  CHECK_THROWS_WITH_AS(images_in(saved.path()), doctest::Contains("manifest.json is no JSON"), Error);
}

}  // namespace
}  // namespace belay::docker
