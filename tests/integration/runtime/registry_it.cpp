#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/error.hpp"
#include "drivers/compose.hpp"
#include "drivers/docker_logins.hpp"
#include "registry.hpp"
#include "runtime/images.hpp"
#include "runtime/kept_images.hpp"

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
  CHECK(puller.said.contains("not pulled: "));
  CHECK(puller.said.contains(puller.image));
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

TEST_CASE("images of kept releases that others removed: named again, pulled by digest, or said to be lost") {
  const Registry registry;
  const auto id = registry.push("shop/web", "latest", "one");
  Puller puller(registry);
  puller.bring(From::pull, {registry.login()});
  const auto& engine = puller.engine;
  Release release{.id = "r1", .state = Release::State::good};
  release.services.push_back({.name = "web",
                              .image_id = id,
                              .frozen_image = "belay/kept-it:r1",
                              .live_image = puller.image,
                              .digest = digest_of(engine, puller.image, puller.image)});
  int pulls = 0;
  std::vector<std::string> said;
  const auto pull = [&](const LostImage& lost) {
    ++pulls;
    CHECK(lost.digest == release.services[0].digest);
    puller.bring(From::pull, {registry.login()});
  };
  const auto bring_back = [&] {
    bring_back_images(engine, release, pull, [&](const std::string& line) { said.push_back(line); });
    CHECK(engine.image_id("belay/kept-it:r1") == id);
  };

  bring_back();  // it is here, under another name
  CHECK(pulls == 0);
  engine.untag("belay/kept-it:r1");
  engine.untag(puller.image);
  CHECK_FALSE(engine.image_id(id));
  CHECK(what_is_lost(engine, {release}).at("r1").contains("a rollback pulls it again"));
  bring_back();
  CHECK(pulls == 1);
  CHECK(said.size() == 1);
  CHECK(what_is_lost(engine, {release}).empty());

  engine.untag("belay/kept-it:r1");
  engine.untag(puller.image);
  release.services[0].digest.clear();  // as of what was built here
  CHECK(what_is_lost(engine, {release}).at("r1").contains("belay cannot roll back to it"));
  CHECK_THROWS_WITH_AS(bring_back(), "release r1 cannot be brought back", Error);
  CHECK(pulls == 1);
}
