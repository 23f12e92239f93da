#include "edge/container.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process_table.hpp"
#include "drivers/haproxy_log.hpp"
#include "drivers/program.hpp"
#include "edge/certificates.hpp"
#include "model/labels.hpp"

namespace belay {

namespace json = boost::json;

namespace {

constexpr auto file_name = "haproxy.cfg";
constexpr auto beside = "haproxy.cfg.new";
constexpr auto check_time = std::chrono::seconds(60);
constexpr auto start_time = std::chrono::seconds(20);
constexpr auto between_looks = std::chrono::milliseconds(10);
constexpr auto pull_time = std::chrono::minutes(10);

std::string last_words(const docker::Engine& engine, const std::string& container) {
  return fmt::format("{}", fmt::join(engine.last_log_lines(container, 20), "\n"));
}

std::string final_name(const std::string& project) {
  return fmt::format("{}-{}-1", project, edge_service);
}

/// The old edge has the final name until the attempt is settled.
std::string name_until_settled(const std::string& project, const std::string& nonce) {
  return final_name(project) + "-" + nonce;
}

/// HAProxy's master has one child; for a while two, when it has read its file anew. In the order of their
/// numbers; none where the Engine's processes cannot be seen from here.
std::vector<pid_t> workers_of(const docker::Engine& engine, const docker::Container& edge) {
  const auto inspection = engine.inspect(edge.id);
  const auto master = inspection ? inspection->raw.at("State").at("Pid").to_number<pid_t>() : 0;
  auto workers = master > 0 ? children_of(master) : std::vector<pid_t>{};
  std::ranges::sort(workers);
  return workers;
}

std::string file_text(const EdgeConfig& edge, const EdgeShape& shape, std::vector<haproxy::Backend> seated) {
  return haproxy::text({.listeners = shape.listeners,
                        .backends = std::move(seated),
                        .hold = edge.hold_timeout,
                        .drain = edge.drain_timeout,
                        .proxy_protocol_from = edge.proxy_protocol_from});
}

void require_image(const EdgePlace& place) {
  const auto& image = place.config.image;
  if (place.engine.image_id(image)) return;
  place.say("pulling " + image);
  require_success(
      capture({.argv = {"docker", "pull", "--quiet", image}}, place.stop, Deadline::in(pull_time)),
      "pulling the edge's image " + image + " failed",
      "name one that the host can get: edge: { image: … } in belay.yml");
}

/// HAProxy runs as the one who writes and reads its directory.
json::object body_of(const EdgeShape& shape, const EdgeConfig& edge, const fs::path& directory) {
  auto body = edge_body(shape, edge, directory.string());
  body["User"] = fmt::format("{}:{}", ::geteuid(), ::getegid());
  return body;
}

/// HAProxy's own word on the file, in a container of the edge's image: the path is the one it will have.
void check_file(const EdgePlace& place, const EdgeShape& shape, const fs::path& directory) {
  auto body = body_of(shape, place.config, directory);
  body["Cmd"] = json::array{"haproxy", "-c", "-f", haproxy::path_of(file_name)};
  body["Labels"] = json::object{{label::nonce, place.nonce}, {label::role, "edge-check"}};
  body.erase("ExposedPorts");
  body.erase("NetworkingConfig");
  auto& host = body.at("HostConfig").as_object();
  host.erase("PortBindings");
  host.erase("RestartPolicy");
  host["NetworkMode"] = "none";
  const auto id = place.engine.create("belay-edge-check-" + place.nonce, body);
  place.engine.start(id);
  const int code = place.engine.wait(id, place.stop, Deadline::in(check_time));
  const auto words = code == 0 ? std::string{} : last_words(place.engine, id);
  place.engine.remove(id);
  if (code != 0)
    throw Error("HAProxy refuses the edge's configuration", words, "please report it: belay wrote that file");
}

}  // namespace

std::vector<docker::Container> edges_of(const docker::Engine& engine, const std::string& project) {
  return engine.containers(
      {fmt::format("{}={}", compose_label::project, project), fmt::format("{}=edge", label::role)});
}

std::optional<docker::Container> edge_made_by(const docker::Engine& engine, const std::string& nonce) {
  const auto made =
      engine.containers({fmt::format("{}={}", label::nonce, nonce), fmt::format("{}=edge", label::role)});
  if (made.empty()) return std::nullopt;
  return made.front();
}

fs::path edge_directory(const Layout& layout, const docker::Container& edge) {
  return layout.edge() / edge.labels.at(label::nonce);
}

haproxy::Runtime runtime_of(const Layout& layout, const docker::Container& edge) {
  return haproxy::Runtime(edge_directory(layout, edge) / haproxy::socket_name);
}

std::string edge_kind(const EdgeShape& shape, const EdgeConfig& edge) {
  return sha256_hex(json::serialize(edge_body(shape, edge, {}))).substr(0, 16);
}

bool write_edge_file(const EdgePlace& place, const docker::Container& edge, const EdgeShape& shape,
                     std::vector<haproxy::Backend> seated) {
  const auto directory = edge_directory(place.layout, edge);
  const auto text = file_text(place.config, shape, std::move(seated));
  // What is beside it was written, and perhaps never read.
  if (read_file_if_exists(directory / file_name) == text && !fs::exists(directory / beside)) return false;
  write_file_atomically(directory / beside, text, 0644);
  require_success(
      capture({.argv = {"docker", "exec", edge.id, "haproxy", "-c", "-q", "-f", haproxy::path_of(beside)}},
              {}, Deadline::in(check_time)),
      "HAProxy refuses the edge's configuration", "please report it: belay wrote that file");
  write_file_atomically(directory / file_name, text, 0644);
  return true;
}

void edge_file_is_read(const Layout& layout, const docker::Container& edge) {
  remove_tree(edge_directory(layout, edge) / beside);
}

void reload_edge(const EdgePlace& place, const docker::Container& edge) {
  const auto before = workers_of(place.engine, edge);
  place.engine.kill(edge.id, "SIGUSR2");
  const auto limit = Deadline::in(start_time);
  while (!before.empty() && std::ranges::includes(before, workers_of(place.engine, edge))) {
    if (limit.expired())
      throw Error("the edge does not reload its file", last_words(place.engine, edge.id),
                  "docker logs " + edge.name);
    pause(between_looks);
  }
  start_edge(place, edge);
  edge_file_is_read(place.layout, edge);
}

void wait_for_one_worker(const EdgePlace& place, const docker::Container& edge) {
  const auto several = [&] { return workers_of(place.engine, edge).size() > 1; };
  if (several()) place.say("it has reloaded its file; connections from before end meanwhile");
  const auto limit = Deadline::in(place.config.drain_timeout);
  while (several() && !limit.expired()) pause(between_looks);
}

void make_edge(const EdgePlace& place, const EdgeShape& shape, std::vector<haproxy::Backend> seated) {
  require_image(place);
  const auto directory = place.layout.edge() / place.nonce;
  make_directories(directory);
  take_up_certificates(place, directory);
  write_file_atomically(directory / file_name, file_text(place.config, shape, std::move(seated)), 0644);
  check_file(place, shape, directory);
  auto body = body_of(shape, place.config, directory);
  auto& labels = body.at("Labels").as_object();
  labels[label::nonce] = place.nonce;
  const auto kind = edge_kind(shape, place.config);
  labels[label::kind] = kind;
  labels[compose_label::config_hash] = kind;  // `docker compose ps` passes over those without
  labels[compose_label::directory] = place.layout.live.string();
  labels[compose_label::config_files] = place.compose_file.string();
  if (!edge_made_by(place.engine, place.nonce))
    place.engine.create(name_until_settled(shape.project, place.nonce), body);
}

void start_edge(const EdgePlace& place, const docker::Container& edge) {
  place.engine.start(edge.id);
  const auto runtime = runtime_of(place.layout, edge);
  const auto limit = Deadline::in(start_time);
  while (!runtime.answers()) {
    const auto inspection = place.engine.inspect(edge.id);
    // One that Docker is just starting again after a death may still come up.
    if (!inspection || !inspection->container.on() || limit.expired())
      throw Error("the edge does not come up", last_words(place.engine, edge.id), "docker logs " + edge.name);
    pause(between_looks);
  }
}

void give_final_name(const EdgePlace& place, const docker::Container& edge) {
  const auto& project = edge.labels.at(compose_label::project);
  if (edge.name == name_until_settled(project, place.nonce))
    place.engine.rename(edge.id, final_name(project));
}

void clear_edge_directory(const Layout& layout, const docker::Container& edge) {
  remove_tree(edge_directory(layout, edge) / haproxy::log_name);
}

EdgeTable table_of(const Layout& layout, const docker::Container& edge, EdgeShape shape) {
  auto runtime = runtime_of(layout, edge);
  if (!runtime.answers())
    throw Error("the edge " + edge.name + " does not answer", {},
                fmt::format("see docker logs {0}; docker restart {0} brings it back", edge.name));
  return {std::move(runtime), std::move(shape)};
}

}  // namespace belay
