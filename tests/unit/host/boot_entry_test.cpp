#include "host/boot_entry.hpp"

#include <regex>

#include <doctest/doctest.h>

#include "../drivers/scratch.hpp"

using namespace belay;
using namespace belay::testing;

TEST_CASE("a path in a unit means that path, whatever systemd would make of it") {
  CHECK(quoted_for_systemd("/srv/app") == "\"/srv/app\"");
  CHECK(quoted_for_systemd("/srv/my %n $HOME \"x\" \\y") == R"("/srv/my %%n $$HOME \"x\" \\y")");
}

TEST_CASE("a path in a crontab means that path, to cron and then to its shell") {
  for (const std::string path : {"/srv/app", "/srv/my app", "/srv/100% sure's", "/srv/$HOME`x`\"\\", "/%"}) {
    CAPTURE(path);
    const auto line = quoted_for_cron(path);
    CHECK_FALSE(std::regex_search(line, std::regex("(^|[^\\\\])%")));  // cron ends the command there
    const auto by_cron = std::regex_replace(line, std::regex("\\\\%"), "%");
    CHECK(sh({"sh", "-c", "printf %s " + by_cron}) == path);
  }
}
