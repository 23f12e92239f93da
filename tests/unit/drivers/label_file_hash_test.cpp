#include "drivers/label_file_hash.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "base/hash.hpp"

using namespace belay;
namespace json = boost::json;

namespace {

// Printed by Compose 2.40.3 (`config --format json`). The hashes below are its own: of `config --hash`, and
// on the containers that `up` made.
constexpr auto printed = R"json({
  "name": "shop",
  "services": {
    "db": {
      "command": null,
      "entrypoint": null,
      "image": "hb:none",
      "labels": {
        "of.file": "one",
        "x": "$${Y}"
      },
      "networks": {
        "default": null
      }
    },
    "web": {
      "cpus": 0.5,
      "command": [
        "a",
        "b $$X \u003c\u0026\u003e",
        "q\"\\"
      ],
      "depends_on": {
        "db": {
          "condition": "service_started",
          "required": true
        }
      },
      "deploy": {
        "replicas": 2,
        "resources": {},
        "placement": {}
      },
      "entrypoint": null,
      "image": "hb:none",
      "labels": {
        "a.b": "c",
        "of.file": "one",
        "x": "$${Y}"
      },
      "logging": {
        "driver": "json-file"
      },
      "networks": {
        "default": null
      }
    }
  }
})json";

std::string hash_of(const char* service, const std::vector<std::string>& files) {
  return sha256_hex(compose::hashed_text(printed, service, files));
}

}  // namespace

TEST_CASE("the text made of what compose prints has the hash that compose says") {
  CHECK(hash_of("db", {}) == "9cbcd111114acf54ca7a406c9adc890be94f970e09e0ce952473a9cc779e7492");
  CHECK(hash_of("web", {}) == "dbbbc0a6a4da310f62ea131060aea4eba2d21e9e7648e3dc7c1fc8d0cdca5082");
}

TEST_CASE("with the names of its label files it has the hash of the container that `up` makes") {
  CHECK(hash_of("db", {"/mnt/t/labels.txt"}) ==
        "a694fac2dcd567cbb96e0cfe7b14df23267980f294eeea1735db816296d7dcf7");
  CHECK(hash_of("web", {"/mnt/t/labels.txt"}) ==
        "d2f413d7ee247bd7cbb2ed9b147daee9e0b3c19364aadf774ba4e8bcde78da00");
}

TEST_CASE("the names stand where compose puts them, whatever keys the service has") {
  const auto text = [](const std::string& service) {
    return compose::hashed_text(R"({"services":{"web":)" + service + "}}", "web", {"/l"});
  };
  CHECK(text(R"({"image":"x"})") == R"({"image":"x","label_file":["/l"]})");
  CHECK(text(R"({"image":"x","links":[]})") == R"({"image":"x","label_file":["/l"],"links":[]})");
  CHECK(text(R"({"entrypoint":null,"provider":{},"environment":{},"labels":{},"tty":true})") ==
        R"({"entrypoint":null,"provider":{},"environment":{},"labels":{},"label_file":["/l"],"tty":true})");
  CHECK(text("{}") == R"({"label_file":["/l"]})");
}

TEST_CASE("a text that is no model makes no text") {
  for (const auto* text :
       {"", "[]", "{", "{\"services\"", R"({"services":null})", R"({"services":{"web":)", "\"\\"})
    CHECK(compose::hashed_text(text, "db", {}).size() <= 2);
}

TEST_CASE("the names are kept in the model and read back; one with a variable is not known") {
  const auto found = compose::label_files_in(
      json::parse(
          R"({"services":{"web":{"label_file":["/a","/b"]},"db":{"label_file":["/a","/${X}"]},"q":null,"r":{}}})")
          .as_object());
  CHECK(found == std::map<std::string, std::vector<std::string>>{{"web", {"/a", "/b"}}});
  auto model = json::parse(R"({"services":{"web":{"image":"x"},"db":{}}})").as_object();
  compose::keep_label_files(model, found);
  CHECK(compose::kept_label_files(model) == found);
  CHECK(model.at("services").at("db").as_object().empty());
}
