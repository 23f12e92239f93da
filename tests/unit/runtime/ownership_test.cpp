#include "runtime/ownership.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <mutex>

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/core.h>

#include "../drivers/local_server.hpp"
#include "../drivers/scratch.hpp"
#include "model/labels.hpp"
#include "runtime/obstacles.hpp"

using namespace belay;
using namespace belay::testing;
namespace json = boost::json;

namespace {

using Labels = std::map<std::string, std::string>;

std::string decoded(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ec == std::errc{}) {
      plain += static_cast<char>(byte);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// An Engine that has one running container, and answers as Docker does: a listing by labels, and by name.
class SmallEngine {
 public:
  explicit SmallEngine(const fs::path& socket)
      : path_(socket.string()), server_(path_, [this](const LocalServer::Peer& peer) {
          const auto text = decoded(peer.read_request());
          const auto body = answer_to(text.substr(0, text.find(" HTTP/")));
          peer.say(fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}",
                               body.empty() ? "404 no" : "200 OK", body.size(), body));
        }) {}

  docker::Engine connect() const {
    const WithVariable host("DOCKER_HOST", "unix://" + path_);
    return docker::Engine::connect();
  }
  void has(std::string name, Labels labels, int port) {
    const std::scoped_lock lock(mutex_);
    name_ = std::move(name);
    labels_ = std::move(labels);
    port_ = port;
  }

 private:
  std::string answer_to(const std::string& request) const {
    if (request == "GET /version") return R"({"Version":"29.1.0","ApiVersion":"1.52"})";
    const std::scoped_lock lock(mutex_);
    json::object labels;
    for (const auto& [key, value] : labels_) labels[key] = value;
    if (request.ends_with("/containers/" + name_ + "/json"))
      return json::serialize(
          json::object{{"Id", "c1"},
                       {"Name", "/" + name_},
                       {"Config", json::object{{"Image", "busybox"}, {"Labels", labels}}}});
    const std::string_view listing = "/containers/json?all=1&filters=";
    const auto at = request.find(listing);
    if (at == std::string::npos) return {};
    const auto filters = json::parse(request.substr(at + listing.size())).as_object();
    json::array found;
    if (!filters.contains("label") ||
        std::ranges::all_of(filters.at("label").as_array(), [&](const auto& one) {
          const std::string text(one.as_string());
          const auto equals = text.find('=');
          const auto label = labels_.find(text.substr(0, equals));
          return label != labels_.end() && label->second == text.substr(equals + 1);
        }))
      found.push_back(json::object{
          {"Id", "c1"},
          {"Names", json::array{"/" + name_}},
          {"Image", "busybox"},
          {"State", "running"},
          {"Labels", labels},
          {"Ports", json::array{json::object{{"IP", "0.0.0.0"}, {"PublicPort", port_}, {"Type", "tcp"}}}}});
    return json::serialize(found);
  }

  mutable std::mutex mutex_{};
  std::string name_{}, path_;
  Labels labels_{};
  int port_ = 0;
  LocalServer server_;
};

/// What somebody who reads the labels would say of the container.
enum class Whose { ours, our_project_elsewhere, others };

struct Row {
  Whose whose;
  const char* project;    // its label; empty: none
  const char* directory;  // below the scratch directory; empty: none
  const char* owner;      // as a sentence names it, {} being the directory
};

constexpr const char* run_by_hand = "made without compose";

/// Project × directory. Two directories of one name are one project name.
constexpr std::array rows{
    Row{Whose::ours, "shop", "a/shop", ""},
    Row{Whose::ours, "shop", "link", ""},
    Row{Whose::our_project_elsewhere, "shop", "b/shop", "of compose project shop in {}/b/shop"},
    Row{Whose::our_project_elsewhere, "shop", "", "of compose project shop in "},
    Row{Whose::others, "blog", "a/shop", "of compose project blog in {}/a/shop"},
    Row{Whose::others, "blog", "b/shop", "of compose project blog in {}/b/shop"},
    Row{Whose::others, "blog", "", "of compose project blog in "},
    Row{Whose::others, "", "a/shop", run_by_hand},
    Row{Whose::others, "", "b/shop", run_by_hand},
    Row{Whose::others, "", "", run_by_hand},
};

struct Place {
  Scratch scratch;
  Layout layout{scratch / "a/shop"};
  ReservedPort port;
  SmallEngine engine{scratch / "docker.sock"};
  docker::Engine connected = engine.connect();
  Ownership ours{connected, "shop", layout, layout.live};

  Place() {
    fs::create_directories(layout.live);
    fs::create_directory_symlink(layout.live, scratch / "link");
  }
  /// The labels that compose puts on its containers; `run` by hand has those of an image that compose built.
  Labels labels(const Row& row, bool run) const {
    Labels found;
    if (*row.project) found[compose_label::project] = row.project;
    if (*row.directory) found[compose_label::directory] = (scratch / row.directory).string();
    if (!run) found[compose_label::config_hash] = "ab";
    return found;
  }
  std::string owner(const Row& row, bool run) const {
    return run ? run_by_hand : fmt::format(fmt::runtime(row.owner), scratch.path().string());
  }
  json::object model(bool name_wanted, bool port_wanted) const {
    json::object web{{"network_mode", "none"}, {"container_name", name_wanted ? "taken" : "free"}};
    if (port_wanted) web["ports"] = json::array{json::object{{"published", std::to_string(port.number())}}};
    return {{"name", "shop"}, {"services", json::object{{"web", web}}}};
  }
  /// The same, frozen.
  std::vector<ReleasedService> frozen(bool name_wanted, bool port_wanted) const {
    json::object bindings;
    if (port_wanted)
      bindings["80/tcp"] =
          json::array{json::object{{"HostIp", ""}, {"HostPort", std::to_string(port.number())}}};
    ReleasedService web{.name = "web"};
    web.container_names = {name_wanted ? "taken" : "free"};
    web.containers.push_back({{"HostConfig", json::object{{"PortBindings", bindings}}}});
    return {web};
  }
};

std::vector<std::string> said(const std::vector<Obstacle>& obstacles) {
  std::vector<std::string> lines;
  for (const auto& one : obstacles) {
    CHECK_FALSE(one.remedy.empty());
    lines.push_back(one.subject + ": " + one.what);
  }
  return lines;
}

}  // namespace

TEST_CASE(
    "project and directory say whose a container is; what others have under a wanted name or port is told") {
  Place place;
  for (const auto& row : rows)
    for (const bool run : {false, true})
      for (const bool name_wanted : {false, true})
        for (const bool port_wanted : {false, true}) {
          CAPTURE(row.project);
          CAPTURE(row.directory);
          CAPTURE(run);
          CAPTURE(name_wanted);
          CAPTURE(port_wanted);
          place.engine.has("taken", place.labels(row, run), place.port.number());
          // Whoever runs an image of ours by hand has made a container of nobody's project.
          const auto whose = run ? Whose::others : row.whose;
          std::vector<std::string> wanted;
          const auto collides = "project: project shop collides with containers of another owner:\n";
          if (whose == Whose::our_project_elsewhere)
            wanted.push_back(collides + fmt::format("container taken is {}", place.owner(row, run)));
          else if (whose == Whose::others && name_wanted)
            wanted.push_back(collides + fmt::format("the name taken has a container {} (image busybox)",
                                                    place.owner(row, run)));
          if (whose != Whose::ours && port_wanted)
            wanted.push_back(
                fmt::format("ports: taken by others: {} by container taken", place.port.number()));
          CHECK(place.ours.is_ours(place.connected.containers({}).front()) == (whose == Whose::ours));
          CHECK(place.ours.containers().empty());  // no label says that it is none of `docker compose run`
          CHECK(said(obstacles_to(place.connected, place.ours, place.model(name_wanted, port_wanted),
                                  {"web"})) == wanted);
          CHECK(said(obstacles_to_containers(place.connected, place.ours,
                                             place.frozen(name_wanted, port_wanted))) == wanted);
        }
}

TEST_CASE("the containers of a service are ours alone; those of `docker compose run` are none") {
  Place place;
  for (const auto& row : rows)
    for (const char* oneoff : {"False", "True"}) {
      CAPTURE(row.project);
      CAPTURE(row.directory);
      CAPTURE(oneoff);
      auto labels = place.labels(row, false);
      labels[compose_label::oneoff] = oneoff;
      labels[compose_label::service] = "web";
      place.engine.has("taken", labels, place.port.number());
      const bool found = row.whose == Whose::ours && oneoff == std::string("False");
      CHECK(place.ours.containers().size() == (found ? 1 : 0));
      CHECK(place.ours.containers("web").size() == (found ? 1 : 0));
      CHECK(place.ours.containers("db").empty());
    }
}

TEST_CASE(
    "an edge has its ports for the project that it stands before; in a shared project no edge is ours") {
  Place place;
  auto labels = place.labels(rows.front(), false);
  labels[label::role] = "edge";
  place.engine.has("shop-edge", labels, place.port.number());
  const auto edge = place.connected.containers({}).front();
  CHECK(place.ours.is_our_edge(edge));
  CHECK(obstacles_to_containers(place.connected, place.ours, place.frozen(false, true)).empty());

  // Its project directory lies elsewhere: other environments have services there, too.
  const Ownership shared(place.connected, "shop", Layout{place.scratch / "c"}, place.layout.live);
  CHECK(shared.shares_project());
  CHECK_FALSE(shared.is_our_edge(edge));
  CHECK_FALSE(shared.is_ours(edge));
  CHECK(said(obstacles_to_containers(place.connected, shared, place.frozen(false, true))).size() == 2);
}
