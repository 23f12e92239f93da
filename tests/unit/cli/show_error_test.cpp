#include "cli/show_error.hpp"

#include <doctest/doctest.h>

#include "captured_output.hpp"
#include "cli/environment_choice.hpp"
#include "cli/github.hpp"

using namespace belay;
using namespace belay::cli;

namespace {

const Style plain{false, true};
const VariableLookup unset = [](const std::string&) { return std::nullopt; };

struct Shown {
  std::string out, err;
  ExitCode code;
};

Shown shown(const Error& error, bool json, Platform* platform = nullptr) {
  CapturedOutput out, err;
  const ExitCode code = show_error(error, {json, out.output(), err.output(), plain, platform});
  return {out.text(), err.text(), code};
}

BadConfig two_problems() {
  return BadConfig(
      {{.file = "belay.yml", .at = {3, 7}, .message = "unknown key", .remedy = "did you mean host?"},
       {.file = "belay.yml", .at = {5, 1}, .message = "::set-env::", .line_text = "::set-env::"}});
}

}  // namespace

TEST_CASE("an error is text on stderr, with --json an event on stdout too, and never a command") {
  const Error error("no", "since", "go on", ExitCode::busy);
  for (const bool json : {false, true}) {
    const Shown one = shown(error, json);
    CHECK(one.err == "error: no\n  │ since\n  → go on\n");
    CHECK(one.out.contains("\"message\":\"no\"") == json);
    CHECK(one.code == ExitCode::busy);
  }
  CHECK(shown(two_problems(), true).out.contains("\"problems\":[{"));
}

TEST_CASE(
    "on GitHub every problem of belay.yml is an annotation at its place, and none of its text is obeyed") {
  Github github(unset, "77");
  const Shown one = shown(two_problems(), false, &github);
  CHECK(one.err.contains(
      "\n::error file=belay.yml,line=3,col=7,title=belay.yml::unknown key%0Adid you mean host?\n"));
  CHECK(one.err.contains("\n::error file=belay.yml,line=5,col=1,title=belay.yml::::set-env::\n"));
  CHECK(one.err.contains("\n::stop-commands::belay-77\n  ::set-env::\n::belay-77::\n"));
  CHECK(one.code == ExitCode::bad_input);
}

TEST_CASE("on GitHub any other error is an annotation with its reason and what to do") {
  Github github(unset, "77");
  CHECK(shown(Error("no", "since", "go on"), false, &github)
            .err.ends_with("::error title=no::since%0Ago on\n"));
  CHECK(shown(Error("no"), false, &github).err.ends_with("::error title=no::no\n"));
}
