#include <array>
#include <fstream>

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include "../drivers/scratch.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "host/project_look.hpp"
#include "release/live_files.hpp"
#include "release/release_store.hpp"

using namespace belay;
using belay::testing::Scratch;

namespace {

/// What stands at a path: "-" nothing, "f:1" a file of content 1, "d:1" a directory with one in it, "l:a" a
/// symlink to a.
void make(const fs::path& path, const std::string& what) {
  if (what == "-") return;
  if (what.front() == 'l') return fs::create_symlink(what.substr(2), path);
  const auto file = what.front() == 'd' ? path / "in" : path;
  make_directories(file.parent_path());
  std::ofstream(file) << what.substr(2);
}

/// A release that serves, the live directory as the server's people left it, and the release to come.
struct Server {
  Scratch scratch{};
  fs::path to_come = scratch / "to come";
  Layout layout{.live = scratch / "live"};

  Server() {
    for (const auto& directory : {layout.live, to_come, layout.source("r1")}) make_directories(directory);
    const ReleaseStore store(layout);
    store.save({.id = "r1", .state = Release::State::good, .compose_file = "compose.yml"});
    store.set_current("r1");
  }

  /// Some container may write to `p`.
  void let_write() const {
    const boost::json::value model = {
        {"services",
         {{"web",
           {{"volumes",
             {{{"type", "bind"}, {"source", (layout.live / "p").string()}, {"target", "/p"}}}}}}}}};
    write_file_atomically(layout.compose_model("r1"), boost::json::serialize(model));
  }

  /// As `plan` asks: with what the release to come changes, and told of what is shipped.
  std::vector<std::string> foretold() const {
    std::map<std::string, std::string> ids;
    for (const auto& entry : fs::recursive_directory_iterator(to_come)) {
      const auto path = entry.path().lexically_relative(to_come);
      const bool file = entry.symlink_status().type() == fs::file_type::regular;
      if (!same_file(layout.source("r1") / path, entry.path()))
        ids[path.string()] = file ? git_blob_id(entry.path()) : "";
    }
    auto edited = edited_on_server(layout, ids);
    std::erase_if(edited, [&](const std::string& path) {
      return fs::symlink_status(to_come / path).type() == fs::file_type::not_found;
    });
    return edited;
  }

  /// As a deployment tells.
  std::vector<std::string> replaced(const std::vector<std::string>& written) const {
    std::vector<std::string> edited;
    const PublicationRules rules{
        .live = layout.live, .source = to_come, .before = layout.source("r1"), .written = written};
    for (const auto& change : plan_publication(rules).changes)
      if (change.replaces_edits) edited.push_back(change.path);
    return edited;
  }
};

}  // namespace

TEST_CASE("plan names the edited files that a deployment will replace, whatever stands in the three trees") {
  int named = 0;
  for (const std::string before : {"-", "f:1", "d:1", "l:a"})
    for (const std::string live : {"-", "f:1", "f:2", "f:3", "d:1", "d:3", "l:a", "l:elsewhere"})
      for (const std::string to_come : {"-", "f:1", "f:2", "d:1", "d:2", "l:a"})
        for (const bool written : {false, true}) {
          CAPTURE(before);
          CAPTURE(live);
          CAPTURE(to_come);
          CAPTURE(written);
          const Server server;
          make(server.layout.live / "elsewhere", "d:4");
          make(server.layout.source("r1") / "p", before);
          make(server.layout.live / "p", live);
          make(server.to_come / "p", to_come);
          if (written) server.let_write();
          const auto foretold = server.foretold();
          CHECK(foretold ==
                server.replaced(written ? std::vector<std::string>{"p"} : std::vector<std::string>{}));
          named += static_cast<int>(foretold.size());
        }
  CHECK(named > 20);
}

TEST_CASE("where the release that serves was found, nothing tells what was edited") {
  const Server server;
  make(server.layout.source("r1") / "p", "f:1");
  make(server.layout.live / "p", "f:2");
  make(server.to_come / "p", "f:1");
  CHECK(server.foretold() == std::vector<std::string>{"p"});
  ReleaseStore(server.layout)
      .save({.id = "r1", .origin = Release::Origin::adopted, .state = Release::State::good});
  CHECK(server.foretold().empty());
}
