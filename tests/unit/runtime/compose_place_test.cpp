#include "runtime/compose_place.hpp"

#include <map>

#include <doctest/doctest.h>
#include <fmt/core.h>

using namespace belay;

namespace {

using Texts = std::map<std::string, std::string>;
namespace fs = std::filesystem;

/// "compose.yml:3:5"; empty: no file has it.
std::string place(const Texts& texts, const std::vector<fs::path>& files,
                  const std::vector<std::string>& key) {
  const auto found = place_of_key(files, key, [&](const fs::path& file) -> std::optional<std::string> {
    const auto text = texts.find(file.string());
    return text == texts.end() ? std::nullopt : std::optional(text->second);
  });
  return found ? fmt::format("{}:{}:{}", found->file.string(), found->at.line, found->at.column) : "";
}

const std::string two_services = R"(x-common: &common
  ports: ["80:80"]
services:
  web:
    image: a
    models: {}
  worker:
    <<: *common
networks:
  front:
    driver: overlay
)";

}  // namespace

TEST_CASE("a key is told with its file, line and column") {
  const Texts texts{{"compose.yml", two_services}};
  struct Case {
    std::vector<std::string> key;
    std::string said;
  };
  for (const auto& [key, said] : std::vector<Case>{
           {{"services", "web", "models"}, "compose.yml:6:5"},
           {{"services", "web", "ports"}, "compose.yml:4:3"},     // not there: its service
           {{"services", "worker", "ports"}, "compose.yml:2:3"},  // where it really stands
           {{"networks", "front"}, "compose.yml:10:3"},
           {{"networks", "front", "ipam", "config"}, "compose.yml:10:3"},
           {{"services", "db"}, ""},
           {{"volumes", "data"}, ""},
       })
    CHECK(place(texts, {"compose.yml"}, key) == said);
}

TEST_CASE("of several files the last one that has the key is told") {
  const Texts texts{{"a.yml", two_services},
                    {"b.yml", "services:\n  web:\n    models: {}\n"},
                    {"c.yml", "services:\n  web:\n    image: c\n"}};
  CHECK(place(texts, {"a.yml", "b.yml", "c.yml"}, {"services", "web", "models"}) == "b.yml:3:5");
  CHECK(place(texts, {"a.yml", "gone.yml"}, {"services", "web", "models"}) == "a.yml:6:5");
}

TEST_CASE("what is included and what a service extends is read, too") {
  const Texts texts{{"deploy/compose.yml",
                     "include:\n  - other/one.yml\n  - path: [two.yml, three.yml]\n"
                     "services:\n  web:\n    extends: { file: ../base.yml, service: app }\n"
                     "  api:\n    extends: web\n  self:\n    extends: { service: self }\n"},
                    {"deploy/other/one.yml", "services:\n  db:\n    ports: []\n"},
                    {"deploy/three.yml", "include: [compose.yml]\nservices:\n  cache:\n    provider: {}\n"},
                    {"base.yml", "services:\n  app:\n    models: {}\n"}};
  const auto at = [&](const std::string& service, const std::string& key) {
    return place(texts, {"deploy/compose.yml"}, {"services", service, key});
  };
  CHECK(at("db", "ports") == "deploy/other/one.yml:3:5");
  CHECK(at("cache", "provider") == "deploy/three.yml:4:5");
  CHECK(at("web", "models") == "base.yml:3:5");
  CHECK(at("api", "models") == "base.yml:3:5");
  CHECK(at("self", "models") == "deploy/compose.yml:9:3");  // compose refuses it; the search ends
}

TEST_CASE("a file that is no YAML, and one that is no mapping, say nothing") {
  for (const auto* text :
       {"", "- a\n- b\n", "services: [web]\n", "services:\n  web: text\n", "\t: [", "a: &b [*b]"})
    CHECK(place({{"c.yml", text}, {"d.yml", two_services}}, {"d.yml", "c.yml"},
                {"services", "web", "models"}) == "d.yml:6:5");
}
