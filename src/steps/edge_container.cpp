#include "steps/edge_container.hpp"

#include <algorithm>
#include <thread>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process_table.hpp"
#include "drivers/haproxy_log.hpp"
#include "drivers/program.hpp"
#include "runtime/compose_model.hpp"
#include "steps/edge_certificates.hpp"

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

/// HAProxy's master has one child; for a while two, when it has read its file anew. In the order of their
/// numbers; none where the Engine's processes cannot be seen from here.
std::vector<pid_t> workers_of(const Context& context, const docker::Container& edge) {
  const auto inspection = context.engine.inspect(edge.id);
  const auto master = inspection ? inspection->raw.at("State").at("Pid").to_number<pid_t>() : 0;
  auto workers = master > 0 ? children_of(master) : std::vector<pid_t>{};
  std::ranges::sort(workers);
  return workers;
}

std::string file_text(const Context& context, const EdgeShape& shape, std::vector<haproxy::Backend> seated) {
  const auto& edge = *context.environment().edge;
  return haproxy::text({.listeners = shape.listeners,
                        .backends = std::move(seated),
                        .hold = edge.hold_timeout,
                        .drain = edge.drain_timeout,
                        .proxy_protocol_from = edge.proxy_protocol_from});
}

void require_image(Context& context, const std::string& image) {
  if (context.engine.image_id(image)) return;
  context.ledger.output(StepName::edge, "pulling " + image);
  require_success(
      capture({.argv = {"docker", "pull", "--quiet", image}}, context.stop, Deadline::in(pull_time)),
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
void check_file(Context& context, const EdgeShape& shape, const fs::path& directory) {
  auto body = body_of(shape, *context.environment().edge, directory);
  body["Cmd"] = json::array{"haproxy", "-c", "-f", haproxy::path_of(file_name)};
  body["Labels"] = json::object{{label::nonce, context.nonce}, {label::role, "edge-check"}};
  body.erase("ExposedPorts");
  body.erase("NetworkingConfig");
  auto& host = body.at("HostConfig").as_object();
  host.erase("PortBindings");
  host.erase("RestartPolicy");
  host["NetworkMode"] = "none";
  const auto id = context.engine.create("belay-edge-check-" + context.nonce, body);
  context.engine.start(id);
  const int code = context.engine.wait(id, context.stop, Deadline::in(check_time));
  const auto words = code == 0 ? std::string{} : last_words(context.engine, id);
  context.engine.remove(id);
  if (code != 0)
    throw Error("HAProxy refuses the edge's configuration", words, "please report it: belay wrote that file");
}

}  // namespace

std::vector<docker::Container> edges_of(const docker::Engine& engine, const std::string& project) {
  return engine.containers({"com.docker.compose.project=" + project, fmt::format("{}=edge", label::role)});
}

std::optional<docker::Container> edge_made_by_this_attempt(const Context& context) {
  const auto made = made_by_this_attempt(context, "edge");
  if (made.empty()) return std::nullopt;
  return made.front();
}

std::optional<docker::Container> edge_of_this_attempt(const Context& context) {
  const auto stays = noted<notes::EdgeStays>(context.ledger);
  if (!stays) return edge_made_by_this_attempt(context);
  const auto inspection = context.engine.inspect(stays->value);
  if (!inspection) return std::nullopt;
  return inspection->container;
}

docker::Container edge_in_front(const Context& context) {
  auto edge = edge_of_this_attempt(context);
  if (!edge)
    throw Error("the edge is gone", "its container was removed by hand", "deploy again: it is made anew");
  return std::move(*edge);
}

fs::path edge_directory(const Layout& layout, const docker::Container& edge) {
  return layout.edge() / edge.labels.at(label::nonce);
}

haproxy::Runtime runtime_of(const Layout& layout, const docker::Container& edge) {
  return haproxy::Runtime(edge_directory(layout, edge) / haproxy::socket_name);
}

EdgeShape edge_shape_of(const Context& context) {
  return edge_shape(release_of(context), *context.environment().edge);
}

std::string edge_kind(const EdgeShape& shape, const EdgeConfig& edge) {
  return sha256_hex(json::serialize(edge_body(shape, edge, {}))).substr(0, 16);
}

bool write_edge_file(Context& context, const docker::Container& edge, const EdgeShape& shape,
                     std::vector<haproxy::Backend> seated) {
  const auto directory = edge_directory(context.layout, edge);
  const auto text = file_text(context, shape, std::move(seated));
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

void edge_file_is_read(const Context& context, const docker::Container& edge) {
  remove_tree(edge_directory(context.layout, edge) / beside);
}

void reload_edge(Context& context, const docker::Container& edge) {
  const auto before = workers_of(context, edge);
  context.engine.kill(edge.id, "SIGUSR2");
  const auto limit = Deadline::in(start_time);
  while (!before.empty() && std::ranges::includes(before, workers_of(context, edge))) {
    if (limit.expired())
      throw Error("the edge does not read its file anew", last_words(context.engine, edge.id),
                  "docker logs " + edge.name);
    std::this_thread::sleep_for(between_looks);
  }
  start_edge(context, edge);
  edge_file_is_read(context, edge);
}

void wait_for_one_worker(Context& context, const docker::Container& edge) {
  if (workers_of(context, edge).size() > 1)
    context.ledger.output(StepName::edge, "it has read its file anew; connections of before end meanwhile");
  const auto limit = Deadline::in(context.environment().edge->drain_timeout);
  while (workers_of(context, edge).size() > 1 && !limit.expired()) std::this_thread::sleep_for(between_looks);
}

void make_edge(Context& context, const EdgeShape& shape, std::vector<haproxy::Backend> seated) {
  const auto& edge = *context.environment().edge;
  require_image(context, edge.image);
  const auto directory = context.layout.edge() / context.nonce;
  make_directories(directory);
  take_up_certificates(context, directory);
  write_file_atomically(directory / file_name, file_text(context, shape, std::move(seated)), 0644);
  check_file(context, shape, directory);
  auto body = body_of(shape, edge, directory);
  auto& labels = body.at("Labels").as_object();
  labels[label::nonce] = context.nonce;
  const auto kind = edge_kind(shape, edge);
  labels[label::kind] = kind;
  labels["com.docker.compose.config-hash"] = kind;  // `docker compose ps` passes over those without
  labels["com.docker.compose.project.working_dir"] = context.layout.live.string();
  labels["com.docker.compose.project.config_files"] =
      (context.layout.live / context.environment().compose).string();
  if (!edge_made_by_this_attempt(context))
    context.engine.create(candidate_name(final_name(shape.project), context.nonce), body);
}

void start_edge(const Context& context, const docker::Container& edge) {
  context.engine.start(edge.id);
  const auto runtime = runtime_of(context.layout, edge);
  const auto limit = Deadline::in(start_time);
  while (!runtime.answers()) {
    const auto inspection = context.engine.inspect(edge.id);
    if (!inspection || !inspection->container.running() || limit.expired())
      throw Error("the edge does not come up", last_words(context.engine, edge.id),
                  "docker logs " + edge.name);
    std::this_thread::sleep_for(between_looks);
  }
}

void give_final_name(const Context& context, const docker::Container& edge) {
  const auto name = final_name(edge.labels.at("com.docker.compose.project"));
  if (edge.name == candidate_name(name, context.nonce)) context.engine.rename(edge.id, name);
}

void clear_edge_directory(const Context& context, const docker::Container& edge) {
  remove_tree(edge_directory(context.layout, edge) / haproxy::log_name);
}

EdgeTable table_of(const Context& context, const docker::Container& edge, EdgeShape shape) {
  auto runtime = runtime_of(context.layout, edge);
  if (!runtime.answers())
    throw Error("the edge " + edge.name + " does not answer", {},
                "see docker logs " + edge.name + "; docker restart brings it back");
  return {std::move(runtime), std::move(shape)};
}

}  // namespace belay
