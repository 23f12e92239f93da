#include "cli/hook.hpp"

#include <cstdlib>

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/process.hpp"

using namespace belay;
using namespace belay::cli;
using namespace std::chrono_literals;

TEST_CASE("a hook calls the program that wrote it, whatever its place and the names are called") {
  const std::string script = hook_script("post-receive", "/opt/it's here/echo", "deploy/my belay.yml",
                                         {"production", "$(touch stolen)"});
  CHECK(
      script.ends_with("exec '/opt/it'\"'\"'s here/echo' --config 'deploy/my belay.yml' hook post-receive "
                       "production '$(touch stolen)'\n"));
  const auto said = capture({.argv = {"sh", "-c", hook_script("pre-receive", "/bin/echo", "", {"a b"})}}, {},
                            Deadline::in(30s));
  CHECK(said.out == "hook pre-receive a b\n");
}

TEST_CASE("belay knows its own hooks, and takes no other for one") {
  CHECK(is_hook_of_belay(hook_script("pre-receive", "/usr/bin/belay", "", {})));
  for (const char* other : {"", "#!/bin/sh\n", "#!/bin/sh\nexec '/usr/bin/belay' hook post-receive\n",
                            "#!/bin/sh\necho mine\n# Written by `belay hook install`; "})
    CHECK_FALSE_MESSAGE(is_hook_of_belay(other), other);
}

TEST_CASE("what git says of a push is read line by line, and nonsense is refused") {
  const auto lines = pushed_lines("aa bb refs/heads/main\ncc dd refs/tags/v1\n");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].before == "aa");
  CHECK(lines[0].after == "bb");
  CHECK(lines[1].ref == "refs/tags/v1");
  CHECK(pushed_lines("").empty());
  CHECK_THROWS_AS(pushed_lines("aa bb\n"), Error);
}

TEST_CASE("a hook's repository is forgotten, and where git finds objects and settings is not") {
  const auto listed = capture({.argv = {"git", "rev-parse", "--local-env-vars"}}, {}, Deadline::in(30s));
  REQUIRE(listed.ok());
  for (std::size_t at = 0; at < listed.out.size();) {
    const auto end = listed.out.find('\n', at);
    const std::string name = listed.out.substr(at, end - at);
    at = end + 1;
    const bool kept = name.starts_with("GIT_CONFIG") || name.contains("OBJECT_DIRECTOR") ||
                      name == "GIT_NO_REPLACE_OBJECTS" || name == "GIT_INTERNAL_SUPER_PREFIX";
    ::setenv(name.c_str(), "x", 1);
    forget_the_repository_of_a_hook();
    CHECK_MESSAGE((std::getenv(name.c_str()) != nullptr) == kept, name);
    ::unsetenv(name.c_str());
  }
}
