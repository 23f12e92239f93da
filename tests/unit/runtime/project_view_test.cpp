#include "runtime/project_view.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <unistd.h>

#include "../drivers/scratch.hpp"

using namespace belay;
using belay::testing::Scratch;
namespace json = boost::json;

namespace {

/// A live directory on a server, and a release in it.
struct Server {
  Scratch scratch;
  fs::path live = scratch / "srv/my app";
  Layout layout{live};
  ProjectView view{place_of(layout, "r1")};

  Server() { make_directories(layout.source("r1")); }
  void on_server(const std::string& name, const std::string& content) const {
    scratch.write("srv/my app/" + name, content);
  }
  void shipped(const std::string& name, const std::string& content) const {
    scratch.write("srv/my app/.belay/releases/r1/source/" + name, content);
  }
  std::string seen(const std::string& name) const {
    return read_file_if_exists(view.of(live / name)).value_or("nothing");
  }
};

}  // namespace

TEST_CASE("the release's files and those that only the server has lie side by side") {
  const Server at;
  at.on_server("compose.yml", "old");
  at.on_server(".env", "server's");
  at.on_server("config/secret", "server's");
  at.on_server("config/nginx.conf", "old");
  at.on_server("only here/x", "server's");
  at.shipped("compose.yml", "new");
  at.shipped("config/nginx.conf", "new");
  at.shipped("ünd", "new");
  at.view.make();
  CHECK(at.seen("compose.yml") == "new");
  CHECK(at.seen("config/nginx.conf") == "new");
  CHECK(at.seen("ünd") == "new");
  CHECK(at.seen(".env") == "server's");
  CHECK(at.seen("config/secret") == "server's");
  CHECK(at.seen("only here/x") == "server's");
  CHECK_FALSE(fs::exists(at.view.of(at.live / ".belay")));
}

TEST_CASE("a directory in which the server has nothing of its own is one link, however much is in it") {
  const Server at;
  for (const char* name : {"data/1", "data/deep/2", "mixed/deep/3", "mixed/deep/own/4"})
    at.shipped(name, "new");
  for (const char* name : {"data/1", "data/deep/2", "mixed/deep/3", "mixed/server's", "mixed/deep/own/4"})
    at.on_server(name, "old");
  at.view.make();
  const auto is_link = [&](const char* name) { return fs::is_symlink(at.view.of(at.live / name)); };
  CHECK(is_link("data"));
  CHECK_FALSE(is_link("mixed"));
  CHECK(is_link("mixed/deep"));
  CHECK(at.seen("data/deep/2") == "new");
  CHECK(at.seen("mixed/deep/own/4") == "new");
  CHECK(at.seen("mixed/server's") == "old");
}

TEST_CASE("the live directory's neighbours are found by relative paths, however far up") {
  const Server at;
  at.scratch.write("srv/shared/common.env", "neighbour");
  at.scratch.write("above.env", "above");
  at.shipped("compose.yml", "");
  at.view.make();
  const auto here = at.view.of(at.live);
  CHECK(read_file_if_exists(here / "../shared/common.env") == "neighbour");
  CHECK(read_file_if_exists(here / "../../above.env") == "above");
}

TEST_CASE("made again it has what is there now, and nothing that was") {
  const Server at;
  at.on_server("a", "1");
  at.view.make();
  CHECK(at.seen("a") == "1");
  fs::remove(at.live / "a");
  at.shipped("b", "2");
  at.view.make();
  CHECK(at.seen("a") == "nothing");
  CHECK(at.seen("b") == "2");
}

TEST_CASE("what publishing removes is not seen") {
  const Server at;
  at.on_server("override.yml", "old");
  at.on_server("config/old.conf", "old");
  at.on_server("config/own.conf", "server's");
  at.shipped("config/new.conf", "new");
  at.view.make([](const fs::path& path) { return path == "override.yml" || path == "config/old.conf"; });
  CHECK(at.seen("override.yml") == "nothing");
  CHECK(at.seen("config/old.conf") == "nothing");
  CHECK(at.seen("config/own.conf") == "server's");
}

TEST_CASE("a symlink of the server's stays, one that the release before brought does not") {
  const Server at;
  at.on_server("data/settings", "server's");
  fs::create_symlink("data", at.live / "uploads");
  fs::create_symlink("data/settings", at.live / "settings");
  at.shipped("uploads/.gitkeep", "");
  at.shipped("settings", "new");
  at.view.make();
  CHECK(at.seen("uploads/settings") == "server's");
  CHECK(at.seen("settings") == "server's");
  at.view.make({}, [](const fs::path& path) { return path == "settings"; });
  CHECK(at.seen("uploads/settings") == "server's");
  CHECK(at.seen("settings") == "new");
}

TEST_CASE("a file in whose place the release has a directory, and the reverse, is the release's") {
  const Server at;
  at.on_server("was a file", "old");
  at.on_server("was a directory/x", "old");
  at.shipped("was a file/x", "new");
  at.shipped("was a directory", "new");
  at.view.make();
  CHECK(at.seen("was a file/x") == "new");
  CHECK(at.seen("was a directory") == "new");
}

TEST_CASE("a directory that the deploying user may not look into is the server's as a whole") {
  if (::geteuid() != 0) return;
  const Server at;
  at.on_server("pgdata/base", "server's");
  at.shipped("pgdata/.gitkeep", "");
  at.shipped("compose.yml", "new");
  REQUIRE(::chown((at.live / "pgdata").c_str(), 999, 999) == 0);
  fs::permissions(at.live / "pgdata", fs::perms::owner_all);
  for (auto directory = at.live; directory != "/tmp"; directory = directory.parent_path())
    fs::permissions(directory, static_cast<fs::perms>(0755));
  for (const auto& directory :
       {at.layout.state, at.layout.releases(), at.layout.release("r1"), at.layout.source("r1")})
    REQUIRE(::chown(directory.c_str(), 65534, 65534) == 0);
  REQUIRE(::chown((at.layout.source("r1") / "pgdata").c_str(), 65534, 65534) == 0);
  REQUIRE(::seteuid(65534) == 0);
  CHECK_NOTHROW(at.view.make());
  REQUIRE(::seteuid(0) == 0);
  CHECK(at.seen("compose.yml") == "new");
  CHECK(at.seen("pgdata/base") == "server's");
}

TEST_CASE("paths of the view and of the release are put back, wherever they stand") {
  const Server at;
  const auto live = at.live.string(), source = at.layout.source("r1").string();
  const auto seen = at.view.of(at.live).string();
  CHECK(at.view.put_back(seen + "/a:" + source + "/b") == live + "/a:" + live + "/b");
  CHECK(at.view.put_back("in " + at.view.of("/srv/shared").string() + "/x, twice: " + seen) ==
        "in /srv/shared/x, twice: " + live);
  CHECK(at.view.put_back(std::string("/elsewhere")) == "/elsewhere");
  const json::value model{{seen, json::array{seen + "/a", 7, nullptr, true}}, {"b", {{"c", source}}}};
  const json::value wanted{{live, json::array{live + "/a", 7, nullptr, true}}, {"b", {{"c", live}}}};
  CHECK((at.view.put_back(model) == wanted));
}
