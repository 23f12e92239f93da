#include "model/build_paths.hpp"

#include <string>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"

using namespace belay;

namespace {

/// What is refused; empty: nothing.
std::string refused(const std::string& model) {
  try {
    require_build_paths_below("/srv/source", boost::json::parse(model).get_object());
  } catch (const Error& error) {
    CHECK(error.exit_code() == ExitCode::bad_input);
    return error.message();
  }
  return {};
}

std::string build(const std::string& text) {
  return R"({"services":{"web":{"build":{)" + text + "}}}}";
}

}  // namespace

TEST_CASE("what is built lies below the source, or is no path at all") {
  for (
      const std::string& model :
      {std::string("{}"), build(R"("context":"/srv/source")"), build(R"("context":".")"),
       build(R"("context":"/srv/source/a/../b")"), build(R"("context":"a","dockerfile":"../Dockerfile")"),
       build(R"("context":"https://example.com/x.git#main")"),
       build(R"("context":"git@example.com:a/b.git")"),
       build(
           R"("additional_contexts":{"base":"docker-image://alpine","other":"service:api","c":"/srv/source/c"})"),
       build(R"("context":".","dockerfile_inline":"FROM x")"),
       std::string(R"({"secrets":{"a":{"file":"/srv/source/a"},"b":{"environment":"B"}}})"),
       std::string(R"({"services":{"web":null,"api":{"image":"x"}},"secrets":{"a":null}})")}) {
    CAPTURE(model);
    CHECK(refused(model).empty());
  }
}

TEST_CASE("what would have compose read something of this machine is refused, whatever its shape") {
  for (const std::string& model :
       {build(R"("context":"${HOME}")"), build(R"("context":"a/$HOME")"), build(R"("context":"~/x")"),
        build(R"("context":["/etc"])"), build(R"("additional_contexts":["x=/root/.ssh"])"),
        std::string(R"({"services":{"web":{"build":"/etc"}}})"),
        std::string(R"({"services":{"web":{"env_file":"/etc/passwd"}}})"),
        std::string(R"({"services":{"web":{"extends":{"file":"/x"}}}})"),
        std::string(R"({"include":["/x"]})"),
        std::string(R"({"secrets":{"x":{"file":"${HOME}/.ssh/id_rsa"}}})")}) {
    CAPTURE(model);
    CHECK(!refused(model).empty());
  }
  CHECK(refused(build(R"("context":"a/$$HOME")")).empty());
}

TEST_CASE("every other place is refused by its name, however it is written") {
  for (const std::string path :
       {"/", "/etc", "/root/.ssh", "/srv", "/srv/source2", "/srv/source/../other", "..", "../..", "./../x",
        "a/../../x", "/srv/source/a/../../../etc", "//etc", "x@/../../etc", "a://../../../../etc",
        "https://../../../../etc", "service:/../../etc"}) {
    CAPTURE(path);
    CHECK(refused(build(R"("context":")" + path + R"(")")) ==
          "service web: the context of its build is " + path + ", which is not among the release's files");
    CHECK(refused(build(R"("dockerfile":")" + path + R"(")")).starts_with("service web: its dockerfile is "));
    CHECK(refused(build(R"("additional_contexts":{"x":")" + path + R"("})"))
              .starts_with("service web: the context x is "));
    CHECK(refused(R"({"secrets":{"x":{"file":")" + path + R"("}}})").starts_with("the secret x is "));
  }
}
