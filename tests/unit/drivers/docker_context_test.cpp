#include "drivers/docker_context.hpp"

#include <cstdlib>
#include <optional>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/files.hpp"

using namespace belay;

namespace {

/// A variable of this process, until the end of the test. Null: it is not set.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  ~Variable() { set(before_ ? before_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const char* value) {
    if (value != nullptr)
      ::setenv(name_, value, 1);
    else
      ::unsetenv(name_);
  }
  const char* name_;
  std::optional<std::string> before_;
};

/// A user with this Docker configuration, and a `docker` that says where context `two` is.
struct User {
  explicit User(const std::string& text) {
    write_file_atomically(place.path() / "config.json", text);
    write_file_atomically(
        place.path() / "docker",
        "#!/bin/sh\n[ \"$*\" = \"context inspect two --format {{.Endpoints.docker.Host}}\" ] "
        "|| { echo \"no context $3\" >&2; exit 1; }\necho unix:///run/two.sock\n",
        0755);
  }
  TemporaryDirectory place{"belay-test"};
  Variable path{"PATH", (place.path().string() + ":/usr/bin:/bin").c_str()};
  Variable config{"DOCKER_CONFIG", place.path().c_str()};
  Variable host{"DOCKER_HOST", nullptr}, context{"DOCKER_CONTEXT", nullptr};
};

}  // namespace

TEST_CASE("the current context's Engine is the one that is meant") {
  const User user(R"({"currentContext":"two"})");
  const auto chosen = docker::chosen_engine();
  CHECK(chosen.host == "unix:///run/two.sock");
  CHECK(chosen.context == "two");
}

TEST_CASE("DOCKER_HOST goes before the configured context, DOCKER_CONTEXT before both") {
  const User user(R"({"currentContext":"other"})");
  const Variable host("DOCKER_HOST", "unix:///run/one.sock");
  CHECK(docker::chosen_engine().host == "unix:///run/one.sock");
  const Variable context("DOCKER_CONTEXT", "two");
  CHECK(docker::chosen_engine().host == "unix:///run/two.sock");
}

TEST_CASE("without a context, or with the default one, docker is not asked") {
  for (const auto* config : {"{}", R"({"currentContext":"default"})", "not json"}) {
    const User user(config);
    CHECK(docker::chosen_engine().host == "");
  }
}

TEST_CASE("a context that is not there is told in docker's words") {
  const User user(R"({"currentContext":"gone"})");
  CHECK_THROWS_WITH_AS(docker::chosen_engine(), "Docker's context gone cannot be read", Error);
}

TEST_CASE("all that is started afterwards asks the same Engine") {
  const User user(R"({"currentContext":"two"})");
  CHECK(docker::settle_on_one_engine() == "two");
  CHECK(std::string(std::getenv("DOCKER_HOST")) == "unix:///run/two.sock");
  CHECK(docker::settle_on_one_engine() == "");
}
