#include "engine.hpp"

#include <charconv>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/time.hpp"
#include "model/json_parts.hpp"
#include "model/labels.hpp"

namespace belay::sim {

namespace json = boost::json;

namespace {

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned value = 0;
    std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    plain += static_cast<char>(value);
    i += 2;
  }
  return plain;
}

std::string argument(const std::string& query, const std::string& name) {
  const auto begin = ("&" + query).find("&" + name + "=");
  if (begin == std::string::npos) return {};
  const auto from = begin + name.size() + 1;
  return decoded(std::string_view(query).substr(from, query.find('&', from) - from));
}

docker::Reply reply(int status, const json::value& body = nullptr) {
  return {.status = status,
          .content_type = "application/json",
          .body = body.is_null() ? std::string{} : json::serialize(body)};
}

docker::Reply reply_of(std::string text) {
  return {.status = 200, .content_type = "application/json", .body = std::move(text)};
}

/// The object without its end, so that more can be put into it.
std::string open_text(json::object object) {
  auto text = json::serialize(object);
  text.pop_back();
  if (!object.empty()) text += ',';
  return text;
}

std::string label_in(const std::map<std::string, std::string>& labels, const char* name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string{} : found->second;
}

docker::Reply refusal(int status, const std::string& message) {
  return reply(status, json::object{{"message", message}});
}

std::optional<int> port_in(const json::object& body) {
  for (const auto& [port, bindings] : object_at(object_at(body, "HostConfig"), "PortBindings"))
    for (const auto& binding : bindings.as_array())
      return std::stoi(std::string(binding.as_object().at("HostPort").as_string()));
  return std::nullopt;
}

}  // namespace

void FakeEngine::add_image(const std::string& id, const std::vector<std::string>& tags, Behaviour behaviour) {
  images_[id] = {{tags.begin(), tags.end()}, behaviour};
}

std::string FakeEngine::image_of(const std::string& reference) const {
  for (const auto& [id, image] : images_)
    if (id == reference || image.tags.contains(reference)) return id;
  return {};
}

std::string FakeEngine::make(const std::string& name, const json::object& body) {
  const auto number = ++made_;
  const auto labels = texts_in(object_at(body, "Labels"));
  auto host = object_at(body, "HostConfig");
  const auto policy = object_at(host, "RestartPolicy");
  host.erase("RestartPolicy");
  FakeContainer container{.id = fmt::format("{:064x}", number),
                          .name = name,
                          .image = text_at(body, "Image"),
                          .image_id = image_of(text_at(body, "Image")),
                          .address = fmt::format("10.1.{}.{}", number / 200, number % 200 + 1),
                          .labels = labels,
                          .project = label_in(labels, compose_label::project),
                          .service = label_in(labels, compose_label::service),
                          .release = label_in(labels, label::release),
                          .host_port = port_in(body),
                          .labels_text = json::serialize(json::value_from(labels)),
                          .host_config_text = open_text(std::move(host)),
                          .exposed_text = json::serialize(object_at(body, "ExposedPorts"))};
  if (auto named = text_at(policy, "Name"); !named.empty()) container.policy = named;
  const auto id = container.id;
  return containers_.emplace(id, std::move(container)).first->first;
}

void FakeEngine::tell(const FakeContainer& container, const std::string& action, int exit_code) {
  json::object attributes{{"name", container.name}};
  if (exit_code >= 0) attributes["exitCode"] = std::to_string(exit_code);
  const std::int64_t last = events_.empty() ? 0 : events_.back().nano;
  const auto nano = std::max(last + 1, std::chrono::nanoseconds(now().time_since_epoch()).count());
  events_.push_back({nano, json::serialize(json::object{
                               {"Type", "container"},
                               {"Action", action},
                               {"Actor", json::object{{"ID", container.id}, {"Attributes", attributes}}},
                               {"timeNano", nano}}) +
                               "\n"});
}

void FakeEngine::start(FakeContainer& container) {
  container.state = "running";
  container.started = now();
  container.stopped_by_hand = false;
  tell(container, "start");
  const auto life = ++container.life;
  if (const auto dies = behaviour(container).dies_after)
    later_(*dies, [this, id = container.id, life] {
      const auto found = containers_.find(id);
      if (found != containers_.end() && found->second.life == life && found->second.state == "running")
        ended(found->second, 1);
    });
}

void FakeEngine::ended(FakeContainer& container, int code) {
  container.state = "exited";
  container.exit_code = code;
  container.finished = now();
  tell(container, "die", code);
  const bool comes_again =
      !container.stopped_by_hand && (container.policy == "always" || container.policy == "unless-stopped" ||
                                     (container.policy == "on-failure" && code != 0));
  if (!comes_again) return;
  later_(std::chrono::milliseconds(100), [this, id = container.id, life = container.life] {
    const auto found = containers_.find(id);
    if (found == containers_.end() || found->second.life != life || found->second.state != "exited") return;
    ++found->second.restarts;
    start(found->second);
  });
}

void FakeEngine::stop(FakeContainer& container) {
  container.stopped_by_hand = true;
  if (container.state == "running") ended(container, 143);
}

void FakeEngine::remove(const std::string& id) {
  const auto found = containers_.find(id);
  if (found == containers_.end()) return;
  if (found->second.state == "running") {
    found->second.stopped_by_hand = true;
    ended(found->second, 137);
  }
  tell(found->second, "destroy");
  containers_.erase(found);
}

void FakeEngine::go_down() {
  for (auto& [id, container] : containers_) {
    if (container.state != "running") continue;
    const bool by_hand = std::exchange(container.stopped_by_hand, true);  // nothing restarts it meanwhile
    ended(container, 0);
    container.stopped_by_hand = by_hand;
  }
}

void FakeEngine::come_up() {
  for (auto& [id, container] : containers_)
    if (container.state == "exited" && (container.policy == "always" ||
                                        (container.policy == "unless-stopped" && !container.stopped_by_hand)))
      start(container);
}

void FakeEngine::prune_containers() {
  std::erase_if(containers_, [](const auto& entry) { return entry.second.state != "running"; });
}

FakeContainer* FakeEngine::find(const std::string& id_or_name) {
  if (const auto found = containers_.find(id_or_name); found != containers_.end()) return &found->second;
  for (auto& [id, container] : containers_)
    if (container.name == id_or_name) return &container;
  return nullptr;
}

bool FakeEngine::listens(const FakeContainer& container) const {
  return container.state == "running" && now() - container.started >= behaviour(container).listens_after;
}

std::optional<int> FakeEngine::asked(int host_port) const {
  for (const auto& [id, container] : containers_)
    if (container.host_port == host_port && listens(container)) return behaviour(container).answers;
  return std::nullopt;
}

FakeContainer* FakeEngine::at_address(const std::string& address) {
  for (auto& [id, container] : containers_)
    if (container.address == address && container.state == "running") return &container;
  return nullptr;
}

std::chrono::milliseconds FakeEngine::time_to_stop(const std::string& id_or_name) {
  const auto* container = find(id_or_name);
  if (container == nullptr || container->state != "running") return {};
  return behaviour(*container).stops_in;
}

std::string FakeEngine::inspected(const FakeContainer& one) const {
  const auto shown = [](Time time) { return time == Time{} ? "0001-01-01T00:00:00Z" : iso8601(time); };
  return fmt::format(
      R"({{"Id":"{}","Name":"/{}","Image":"{}","RestartCount":{},)"
      R"("State":{{"Status":"{}","ExitCode":{},"StartedAt":"{}","FinishedAt":"{}"}},)"
      R"("Config":{{"Image":"{}","Labels":{},"ExposedPorts":{}}},)"
      R"("HostConfig":{}"RestartPolicy":{{"Name":"{}","MaximumRetryCount":{}}}}},)"
      R"("Mounts":[],"NetworkSettings":{{"Networks":{{"shop_default":{{"IPAddress":"{}"}}}}}}}})",
      one.id, one.name, one.image_id, one.restarts, one.state, one.exit_code, shown(one.started),
      shown(one.finished), one.image, one.labels_text, one.exposed_text, one.host_config_text, one.policy,
      one.maximum, one.state == "running" ? one.address : "");
}

docker::Reply FakeEngine::listed(const std::string& query) {
  std::vector<std::string> wanted;
  const auto filter = argument(query, "filters");
  if (!filter.empty()) wanted = texts_at(json::parse(filter).as_object(), "label");
  std::string found = "[";
  for (const auto& [id, container] : containers_) {
    const bool has_all = std::ranges::all_of(wanted, [&, &labels = container.labels](const std::string& one) {
      const auto equals = one.find('=');
      const auto label = labels.find(one.substr(0, equals));
      return label != labels.end() &&
             (equals == std::string::npos || label->second == one.substr(equals + 1));
    });
    if (!has_all) continue;
    found +=
        fmt::format(R"({}{{"Id":"{}","Names":["/{}"],"Image":"{}","ImageID":"{}","State":"{}","Labels":{}}})",
                    found.size() == 1 ? "" : ",", id, container.name, container.image, container.image_id,
                    container.state, container.labels_text);
  }
  return reply_of(found + "]");
}

docker::Reply FakeEngine::created(const std::string& query, const docker::Exchange& what) {
  const auto name = argument(query, "name");
  if (find(name) != nullptr) return refusal(409, "Conflict. The container name \"/" + name + "\" is in use");
  if (image_of(text_at(what.body->as_object(), "Image")).empty())
    return refusal(404, "No such image: " + text_at(what.body->as_object(), "Image"));
  return reply(201, json::object{{"Id", make(name, what.body->as_object())}});
}

docker::Reply FakeEngine::of_container(const std::string& method, const std::string& id,
                                       const std::string& act, const docker::Exchange& what) {
  auto* container = find(id);
  if (container == nullptr) return refusal(404, "No such container: " + id);
  const auto question = act.find('?');
  const auto verb = act.substr(0, question);
  const auto query = question == std::string::npos ? std::string{} : act.substr(question + 1);
  if (method == "DELETE") return remove(container->id), reply(204);
  if (verb == "json") return reply_of(inspected(*container));
  if (verb == "start") {
    if (container->state == "running") return reply(304);
    for (const auto& [other_id, other] : containers_)
      if (other.state == "running" && other.host_port && other.host_port == container->host_port)
        return refusal(500, fmt::format("port {} is already allocated", *other.host_port));
    return start(*container), reply(204);
  }
  if (verb == "stop") {
    if (container->state != "running") return container->stopped_by_hand = true, reply(304);
    return stop(*container), reply(204);
  }
  if (verb == "rename") {
    const auto name = argument(query, "name");
    if (auto* other = find(name); other != nullptr && other != container)
      return refusal(409, "Conflict. The container name \"/" + name + "\" is in use");
    container->name = name;
    return reply(204);
  }
  if (verb == "update") {
    const auto& policy = object_at(what.body->as_object(), "RestartPolicy");
    container->policy = text_at(policy, "Name");
    container->maximum = static_cast<int>(number_at(policy, "MaximumRetryCount"));
    return reply(200, json::object{});
  }
  if (verb == "logs") return {.status = 200};
  return refusal(501, "the simulated Engine does not know " + method + " " + act);
}

docker::Reply FakeEngine::of_image(const std::string& method, const std::string& rest) {
  const auto end = method == "DELETE" ? rest.size() : rest.rfind('/');
  const auto reference = decoded(rest.substr(0, end));
  const auto id = image_of(reference);
  if (id.empty()) return refusal(404, "No such image: " + reference);
  auto& image = images_.at(id);
  if (method == "DELETE") return image.tags.erase(reference), reply(200, json::array{});
  if (method == "POST") {
    const auto query = rest.substr(rest.find('?') + 1);
    const auto tag = argument(query, "repo") + ":" + argument(query, "tag");
    for (auto& [other, known] : images_) known.tags.erase(tag);
    image.tags.insert(tag);
    return reply(201);
  }
  return reply(200, json::object{{"Id", id},
                                 {"RepoTags", json::value_from(image.tags)},
                                 {"RepoDigests", json::array{}},
                                 {"Config", json::object{}}});
}

docker::Reply FakeEngine::answer(const docker::Exchange& what) {
  if (what.target == "/version")
    return reply(
        200,
        json::object{{"Version", "20.10.24"}, {"ApiVersion", "1.41"}, {"Os", "linux"}, {"Arch", "amd64"}});
  const auto path = what.target.substr(what.target.find('/', 1));
  if (path == "/_ping") return reply(200);
  if (path == "/info") return reply(200, json::object{{"DockerRootDir", "/var/lib/docker"}});
  if (path.starts_with("/containers/json")) return listed(path.substr(path.find('?') + 1));
  if (path.starts_with("/containers/create")) return created(path.substr(path.find('?') + 1), what);
  if (path.starts_with("/containers/")) {
    const auto rest = path.substr(12);
    const auto end = what.method == "DELETE" ? rest.find('?') : rest.find('/');
    return of_container(what.method, decoded(rest.substr(0, end)),
                        end == std::string::npos ? "" : rest.substr(end + 1), what);
  }
  if (path.starts_with("/images/")) return of_image(what.method, path.substr(8));
  if (path.starts_with("/networks/"))
    return reply(200, json::object{{"Name", decoded(path.substr(10))}, {"Id", "net"}});
  return refusal(404, "the simulated Engine does not know " + what.method + " " + path);
}

}  // namespace belay::sim
