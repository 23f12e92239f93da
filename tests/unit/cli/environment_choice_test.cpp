#include "cli/environment_choice.hpp"

#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include "base/files.hpp"

using namespace belay;
using namespace belay::cli;

namespace {

constexpr const char* good = R"(app: shop
source: .
services: [web]
environments:
  production: { host: "${PROD_HOST}", path: /srv/shop, compose: compose.yml }
  staging: { host: local, path: /srv/shop-staging, compose: compose.yml }
)";

const VariableLookup none = [](const std::string&) { return std::nullopt; };
const VariableLookup prod = [](const std::string& name) -> std::optional<std::string> {
  if (name == "PROD_HOST") return "deploy@shop.example.net";
  return std::nullopt;
};

struct Project {
  TemporaryDirectory directory{"belay-test"};
  fs::path file = directory.path() / "belay.yml";
  explicit Project(const std::string& text = good) { write_file_atomically(file, text); }
};

template <class Act>
Error refused(Act&& act) {
  try {
    act();
  } catch (const Error& error) {
    CHECK(error.exit_code() == ExitCode::bad_input);
    return error;
  }
  FAIL("accepted");
  return Error("");
}

}  // namespace

TEST_CASE("belay.yml is found here and from any directory below") {
  const Project project;
  make_directories(project.directory.path() / "src/deep");
  CHECK(find_config(std::nullopt, project.directory.path()) == project.file);
  CHECK(find_config(std::nullopt, project.directory.path() / "src/deep") == project.file);
}

TEST_CASE("without a belay.yml it is said where was looked, and what to do") {
  const TemporaryDirectory empty("belay-test");
  const Error error = refused([&] { find_config(std::nullopt, empty.path()); });
  CHECK(error.message() == "no belay.yml in " + empty.path().string() + " or above");
  CHECK(error.next().find("--config") != std::string::npos);
}

TEST_CASE("--config that is no file is refused") {
  CHECK(refused([] { find_config("/nowhere/belay.yml", "/"); }).message() ==
        "/nowhere/belay.yml is not a file");
}

TEST_CASE("an environment is chosen, and the variables of others need not be set") {
  const Project project;
  CHECK(choose_environment(project.file, "staging", none).environment().name == "staging");
  CHECK(choose_environment(project.file, "production", prod).environment().host.destination ==
        "deploy@shop.example.net");
  CHECK_THROWS_AS(choose_environment(project.file, "production", none), BadConfig);
}

TEST_CASE("a missing environment is answered with the list") {
  const Project project;
  const Error error = refused([&] { choose_environment(project.file, "", none); });
  CHECK(error.message() == "which environment?");
  CHECK(error.next().find("production, staging") != std::string::npos);
}

TEST_CASE("a mistyped environment is answered with the nearest and the list") {
  const Project project;
  const Error error = refused([&] { choose_environment(project.file, "prodution", none); });
  CHECK(error.next().find("Did you mean production?") != std::string::npos);
  CHECK(error.next().find("There are: production, staging") != std::string::npos);
}

TEST_CASE("every mistake of the file comes at once") {
  const Project project("app: shop\nsauce: .\nservices: []\nenvironments: {}\n");
  try {
    choose_environment(project.file, "production", none);
    FAIL("accepted");
  } catch (const BadConfig& bad) {
    CHECK(bad.problems().size() >= 2);
    const auto json = problems_json(bad.problems());
    REQUIRE(json.size() == bad.problems().size());
    CHECK(json.at(0).at("line") == bad.problems()[0].at.line);
    CHECK(json.at(0).at("message") == boost::json::string(bad.problems()[0].message));
    CHECK(bad.exit_code() == ExitCode::bad_input);
  }
}
