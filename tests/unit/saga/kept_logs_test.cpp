#include "saga/kept_logs.hpp"

#include <doctest/doctest.h>

#include "base/files.hpp"
#include "runs.hpp"

using namespace belay;
using namespace belay::testing;

TEST_CASE("the logs of a release's containers are found by its id, for as long as its runs are kept") {
  const Environment at;
  for (const auto* run : {"20260110-100000-a", "20260111-100000-b", "20260112-100000-c"})
    at.begin(run, {event::StepBegan{StepName::sync}});
  const auto lay = [&](const std::string& run, const std::string& name) {
    write_file_atomically(at.layout.run(run) / name, "last words\n");
    return (at.layout.run(run) / name).string();
  };
  lay("20260110-100000-a", "executor.log");
  lay("20260111-100000-b", "executor.log");
  const auto worker = lay("20260111-100000-b", "shop-worker-1.log");
  const auto web = lay("20260111-100000-b", "shop-web-1.log");
  lay("20260112-100000-c", "shop-web-1.log");

  const auto release = opened("20260111-100000-b").plan.release;
  const auto kept = kept_logs(at.layout, release);
  REQUIRE(kept.logs.size() == 2);
  CHECK(kept.logs[0].container == "shop-web-1");
  CHECK(kept.logs[0].run == "20260111-100000-b");
  CHECK(kept.logs[0].file == web);
  CHECK(kept.logs[1].file == worker);
  CHECK(kept.releases == std::vector<std::string>{opened("20260112-100000-c").plan.release, release});
  CHECK(kept_logs(at.layout, opened("20260110-100000-a").plan.release).logs.empty());
  CHECK(kept_logs_from_json(kept_logs_to_json(kept)).logs[0].file == web);

  at.damage("20260112-100000-c");
  CHECK(kept_logs(at.layout, release).logs.size() == 2);  // another run's journal does not matter
}
