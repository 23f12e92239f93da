#include "importer/compose_files.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "importer/command_words.hpp"
#include "model/yaml.hpp"

namespace belay::importer {
namespace {

std::string text_at(const YamlNode& node, std::string_view key) {
  const YamlNode* const found = node.find(key);
  return found && found->kind == YamlNode::Kind::scalar && !found->is_null() ? found->text : "";
}

/// "registry:5000/library/postgres:15@…" → "postgres".
std::string program_of(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const std::size_t slash = image.rfind('/');
  std::string_view name = slash == std::string_view::npos ? image : image.substr(slash + 1);
  return std::string(name.substr(0, name.find(':')));
}

std::vector<std::string> variables_in_text(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    std::size_t start = at + 1;
    if (start < text.size() && text[start] == '{') ++start;
    std::size_t end = start;
    while (end < text.size() && is_name(text.substr(start, end + 1 - start))) ++end;
    if (end > start) names.emplace_back(text.substr(start, end - start));
  }
  return names;
}

void environment(const YamlNode& node, ComposeService& service) {
  const YamlNode* const found = node.find("environment");
  if (!found) return;
  for (const YamlEntry& entry : found->entries)
    if (entry.value.kind == YamlNode::Kind::scalar) service.environment[entry.key] = entry.value.text;
  for (const std::string& one : texts_of(found))
    if (const std::size_t equals = one.find('='); equals != std::string::npos)
      service.environment[one.substr(0, equals)] = one.substr(equals + 1);
}

void volumes(const YamlNode& node, ComposeService& service) {
  const YamlNode* const found = node.find("volumes");
  if (!found) return;
  for (const YamlNode& item : found->items) {
    const std::vector<std::string> parts = split(item.text, ':');
    const bool read_only = parts.size() > 2 && parts.back().find("ro") != std::string::npos;
    const std::string source = item.kind == YamlNode::Kind::mapping ? text_at(item, "source") : parts.front();
    if (source.starts_with("./") && source.size() > 2 && !read_only && text_at(item, "read_only") != "true")
      service.written_folders.push_back(source.substr(2));
  }
}

std::string built_from(const YamlNode& node) {
  const YamlNode* const build = node.find("build");
  if (!build) return "";
  if (build->kind == YamlNode::Kind::scalar) return "build " + build->text;
  return fmt::format("build {} {} {}", text_at(*build, "context"), text_at(*build, "dockerfile"),
                     text_at(*build, "target"));
}

// A text is words of a shell; so is a list once its words are in quotes. `$$` is compose's dollar.
std::string command_of(const YamlNode& node) {
  std::string made;
  for (const std::string_view key : {"entrypoint", "command"}) {
    const YamlNode* const found = node.find(key);
    if (!found || found->is_null()) continue;
    std::string text = found->kind == YamlNode::Kind::scalar ? found->text : "";
    if (found->kind == YamlNode::Kind::sequence) {
      std::vector<std::string> words = texts_of(found);
      const bool by_shell = words.size() == 3 && one_of(words[0], {"sh", "bash", "/bin/sh", "/bin/bash"}) &&
                            one_of(words[1], {"-c", "-ec", "-lc"});
      text = by_shell ? words[2] : shell_text(words);
    }
    made += (made.empty() || text.empty() ? "" : " ") + text;
  }
  return made;
}

ComposeService service_of(const YamlEntry& entry, const std::string& file) {
  ComposeService made;
  made.name = entry.key;
  made.at = {file, entry.at.line};
  made.image = text_at(entry.value, "image");
  made.container_name = text_at(entry.value, "container_name");
  made.builds = entry.value.find("build") != nullptr;
  made.made_of = made.image.empty() ? built_from(entry.value) : made.image;
  made.command = command_of(entry.value);
  made.never_restarts = text_at(entry.value, "restart") == "no";
  made.variables = variables_in_text(made.image);
  environment(entry.value, made);
  volumes(entry.value, made);
  return made;
}

}  // namespace

bool ComposeService::is_postgres() const {
  return one_of(program_of(image), {"postgres", "postgresql", "postgis", "pgvector", "timescaledb"});
}

bool ComposeService::is_known_accessory() const {
  if (builds) return false;
  return is_postgres() || one_of(program_of(image), {"mysql",
                                                     "mariadb",
                                                     "mongo",
                                                     "redis",
                                                     "valkey",
                                                     "memcached",
                                                     "rabbitmq",
                                                     "nginx",
                                                     "caddy",
                                                     "traefik",
                                                     "haproxy",
                                                     "nginx-proxy",
                                                     "acme-companion",
                                                     "certbot",
                                                     "minio",
                                                     "mc",
                                                     "elasticsearch",
                                                     "opensearch",
                                                     "kafka",
                                                     "zookeeper",
                                                     "nats",
                                                     "clickhouse-server",
                                                     "watchtower",
                                                     "adminer",
                                                     "pgadmin4",
                                                     "phpmyadmin",
                                                     "prometheus",
                                                     "grafana",
                                                     "loki",
                                                     "promtail",
                                                     "node-exporter",
                                                     "cadvisor",
                                                     "alertmanager",
                                                     "portainer",
                                                     "portainer-ce",
                                                     "cloudflared",
                                                     "mailhog",
                                                     "mailpit",
                                                     "meilisearch",
                                                     "mosquitto",
                                                     "eclipse-mosquitto",
                                                     "qdrant",
                                                     "influxdb",
                                                     "pgbouncer",
                                                     "dragonfly",
                                                     "keycloak",
                                                     "vault",
                                                     "consul",
                                                     "registry",
                                                     "httpd",
                                                     "neo4j",
                                                     "cassandra",
                                                     "mongo-express",
                                                     "redisinsight",
                                                     "jaeger",
                                                     "all-in-one",
                                                     "autoheal",
                                                     "dozzle",
                                                     "swag",
                                                     "nginx-proxy-manager"});
}

const ComposeService* ComposeFile::find(std::string_view service) const {
  const auto found = std::ranges::find(services, service, &ComposeService::name);
  return found == services.end() ? nullptr : &*found;
}

const ComposeService* ComposeFile::with_container(std::string_view name) const {
  const auto found = std::ranges::find(services, name, &ComposeService::container_name);
  return name.empty() || found == services.end() ? nullptr : &*found;
}

bool is_compose_file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  return (name.ends_with(".yml") || name.ends_with(".yaml")) &&
         name.find("compose") != std::string_view::npos;
}

ComposeFile compose_file(const SourceFile& file) {
  ComposeFile made;
  made.path = file.path;
  const YamlDocument document = parse_foreign_yaml(file.path, file.text);
  const YamlNode* const services = document.root ? document.root->find("services") : nullptr;
  if (!services) return made;
  for (const YamlEntry& entry : services->entries)
    if (entry.value.kind == YamlNode::Kind::mapping) made.services.push_back(service_of(entry, file.path));
  for (const YamlEntry& entry : services->entries)
    if (const YamlNode* const depends = entry.value.find("depends_on"))
      for (const YamlEntry& one : depends->entries)
        if (text_at(one.value, "condition") == "service_completed_successfully")
          for (ComposeService& service : made.services)
            service.runs_before_others = service.runs_before_others || service.name == one.key;
  return made;
}

}  // namespace belay::importer
