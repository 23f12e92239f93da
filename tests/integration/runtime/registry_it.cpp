#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/error.hpp"
#include "drivers/compose.hpp"
#include "drivers/docker_logins.hpp"
#include "registry.hpp"
#include "runtime/images.hpp"

using namespace belay;
using namespace belay::testing;
using From = ImageNeed::From;

namespace {

/// What a build step does, with a registry of its own.
struct Puller {
  explicit Puller(const Registry& of) : registry(of), image(of.name() + "/shop/web:latest") {}
  ~Puller() { engine.untag(image); }
  Puller(const Puller&) = delete;
  Puller& operator=(const Puller&) = delete;

  const Registry& registry;
  std::string image;
  docker::Engine engine = docker::Engine::connect();
  TemporaryDirectory directory{"belay-it"};
  std::optional<Time> last_asked{};
  std::string said{};
  int pulls = 0;

  void bring(From from, std::vector<RegistryLogin> logins, std::chrono::milliseconds older_than = {}) {
    const docker::Logins held(directory.path() / "docker", {}, logins);
    const std::vector<ImageNeed> needs{
        {.service = "web", .image = image, .from = from, .shared_with = {}, .older_than = older_than}};
    const auto model = boost::json::parse(R"({"name":"shop","services":{"web":{}}})").as_object();
    const auto file = directory.path() / "pull.json";
    write_file_atomically(file, boost::json::serialize(pull_model(model, needs)));
    const auto pull = [&](const std::string& service) {
      ++pulls;
      compose::Project project{.directory = directory.path(), .files = {file}, .name = "shop"};
      project.values["DOCKER_CONFIG"] = held.directory().string();
      compose::pull(project, service, {}, {}, Deadline::in(std::chrono::minutes(1)));
    };
    bring_images({.engine = engine,
                  .pull = pull,
                  .say = [&](const std::string& line) { said += line + "\n"; },
                  .last_asked = [&](const std::string&) { return last_asked; }},
                 needs);
  }
};

}  // namespace

TEST_CASE("a private image is pulled with the login, refused without, and known by its digest") {
  const Registry registry;
  const auto id = registry.push("shop/web", "latest", "one");
  Puller puller(registry);
  CHECK_THROWS_WITH_AS(puller.bring(From::pull, {}), "pulling the image of web failed", Error);
  CHECK_FALSE(puller.engine.image_id(puller.image));
  puller.bring(From::pull, {registry.login()});
  CHECK(puller.engine.image_id(puller.image) == id);
  CHECK(puller.said.contains("pulled " + puller.image));
  CHECK(digest_of(puller.engine, puller.image, puller.image)
            .starts_with(registry.name() + "/shop/web@sha256:"));
  CHECK_FALSE(puller.said.contains(registry.login().password));
}

TEST_CASE("a moving tag is followed, and nothing new is said to be nothing new") {
  const Registry registry;
  registry.push("shop/web", "latest", "one");
  Puller puller(registry);
  for (const auto from : {From::look, From::pull}) {
    puller.bring(from, {registry.login()});
    puller.said.clear();
    puller.bring(from, {registry.login()});
    CHECK(puller.said.contains("nothing new: " + puller.image));
    const auto moved = registry.push("shop/web", "latest", from == From::look ? "two" : "three");
    puller.bring(from, {registry.login()});
    CHECK(puller.engine.image_id(puller.image) == moved);
  }
}

TEST_CASE("what is only looked for may be missing at the registry if it is here; what is pulled may not") {
  const Registry registry;
  const auto id = registry.push("shop/web", "latest", "one");
  Puller puller(registry);
  CHECK_THROWS_AS(puller.bring(From::look, {}), Error);
  puller.bring(From::look, {registry.login()});
  puller.bring(From::look, {});
  CHECK(puller.said.contains("not pulled: " + puller.image));
  CHECK(puller.engine.image_id(puller.image) == id);
  CHECK_THROWS_AS(puller.bring(From::pull, {}), Error);
}

TEST_CASE("missing, here and refresh ask the registry only when they have to") {
  const Registry registry;
  registry.push("shop/web", "latest", "one");
  Puller puller(registry);
  CHECK_THROWS_WITH_AS(puller.bring(From::here, {registry.login()}), "the image of service web is not here",
                       Error);
  CHECK(puller.pulls == 0);
  puller.bring(From::missing, {registry.login()});
  CHECK(puller.pulls == 1);
  puller.bring(From::missing, {});
  puller.bring(From::here, {});
  puller.last_asked = now();
  puller.bring(From::refresh, {}, std::chrono::hours(24));
  CHECK(puller.pulls == 1);
  puller.last_asked = now() - std::chrono::hours(25);
  puller.bring(From::refresh, {registry.login()}, std::chrono::hours(24));
  CHECK(puller.pulls == 2);
}
