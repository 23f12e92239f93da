#include <doctest/doctest.h>

#include "base/error.hpp"
#include "host.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

const auto first = "20260101-000000-aaaaaaa", second = "20260102-000000-bbbbbbb";
constexpr auto serves = "exec sleep 1000";

/// The commands are put into the frozen release: an older Compose does not read `post_start`.
std::unique_ptr<testing::Attempt> created(const Host& host, const std::string& id, const std::string& script,
                                          ContainerCommand command) {
  auto attempt = host.deploy(id, host.compose(script, "    environment: {RELEASE: '" + id + "'}\n"));
  attempt->apply_all(up_to(StepName::create));
  auto release = release_of(*attempt->context);
  release.services.front().after_start = {std::move(command)};
  host.store().save(release);
  return attempt;
}

void serve(testing::Attempt& attempt) {
  for (const auto step : {StepName::switch_over, StepName::verify}) attempt.apply(step);
  attempt.context->watch.reset();
  attempt.apply(StepName::settle);
}

const ContainerCommand counts{.words = {"sh", "-c", "echo $WORD in $(pwd) >>/tmp/starts"},
                              .directory = "/tmp",
                              .environment = {"WORD=started"}};

std::string starts(const Host& host) {
  return host.by_hand({"exec", "-T", "web", "cat", "/tmp/starts"});
}

}  // namespace

TEST_CASE("post_start runs at each start: in the candidate, and in what served when it comes back") {
  const Host host;
  serve(*created(host, first, serves, counts));
  CHECK(starts(host) == "started in /tmp\n");

  const auto attempt =
      created(host, second, serves, {.words = {"sh", "-c", "echo no such table >&2; exit 3"}});
  try {
    attempt->apply(StepName::switch_over);
    FAIL("the release went on");
  } catch (const Error& error) {
    CHECK(error.message().starts_with("post_start of "));
    CHECK(error.message().contains("exit 3"));
    CHECK(error.why() == "it ended with exit code 3: no such table");
  }
  attempt->die();
  attempt->undo(StepName::switch_over);
  CHECK(starts(host) == "started in /tmp\nstarted in /tmp\n");
  attempt->undo(StepName::create);
  host.by_hand({"up", "--detach"});
  CHECK(starts(host) == "started in /tmp\nstarted in /tmp\n");
}

TEST_CASE("a container that dies before its post_start has run is what the failure names") {
  const Host host;
  const auto attempt = created(host, first, "exit 7", {.words = {"sleep", "1000"}});
  try {
    attempt->apply(StepName::switch_over);
    FAIL("the release went on");
  } catch (const Error& error) {
    CHECK(error.message_and_why().contains("exited with code 7"));
  }
}

TEST_CASE("a post_start that fails on the way back is told, and what served runs all the same") {
  const Host host;
  serve(*created(host, first, serves, {.words = {"mkdir", "/tmp/once"}}));
  const auto serving = host.id_of(host.name());
  const auto attempt = created(host, second, serves, {.words = {"true"}});
  attempt->apply(StepName::switch_over);
  attempt->die();
  CHECK_THROWS_WITH_AS(attempt->undo(StepName::switch_over), doctest::Contains("post_start of "), Error);
  CHECK(host.engine.inspect(serving)->container.running());
}
