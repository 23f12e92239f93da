#include "runtime/build_failure.hpp"

#include <doctest/doctest.h>

#include "base/files.hpp"

using namespace belay;

namespace {

struct Server {
  TemporaryDirectory place{"belay-test"};
  fs::path live = place.path() / "live", source = place.path() / "source";
  Server() {
    for (const auto& directory : {live / "web", source / "web"}) make_directories(directory);
    write_file_atomically(live / ".env", "URL=x\n");
    write_file_atomically(live / "web" / "license.key", "k\n");
    for (const auto& directory : {live, source}) write_file_atomically(directory / "package.json", "{}\n");
  }
  std::optional<std::string> missing(const std::string& words) const {
    return missing_server_file(words, live, source, {".", "web"});
  }
};

}  // namespace

TEST_CASE("a file that only the server has is found in the words of each builder") {
  const Server server;
  for (const auto* words : {"/bin/sh: .: line 0: can't open '/app/.env': No such file or directory",
                            "ERROR: failed to solve: failed to compute cache key: failed to calculate "
                            "checksum of ref x: \"/.env\": not "
                            "found",
                            "COPY failed: file not found in build context or excluded by .dockerignore: stat "
                            ".env: file does not exist",
                            "#9 0.301 Error: ENOENT: no such file or directory, open '/usr/src/app/.env'",
                            "FileNotFoundError: [Errno 2] No such file or directory: '.env'"})
    CHECK(server.missing(words) == ".env");
  CHECK(server.missing("\"/license.key\": not found") == "web/license.key");
}

TEST_CASE("what was shipped, what nobody has, and a line about something else are no such file") {
  const Server server;
  CHECK_FALSE(server.missing("npm ERR! ENOENT: no such file or directory, open '/app/package.json'"));
  CHECK_FALSE(server.missing("\"/other.env\": not found"));
  CHECK_FALSE(server.missing("#8 COPY .env /app/"));
  CHECK_FALSE(server.missing("../../etc/passwd: not found"));
  CHECK_FALSE(server.missing(""));
}

TEST_CASE("the remedy names the key, with what it holds already") {
  CHECK(server_file_remedy(".env", {}).contains("build: { with: [.env] }"));
  CHECK(server_file_remedy(".env", {"web/license.key"}).contains("build: { with: [web/license.key, .env] }"));
}
