#include "importer/kamal.hpp"

#include <fmt/core.h>

#include "model/yaml.hpp"

namespace belay::importer {
namespace {

const YamlNode* below(const YamlNode& node, std::initializer_list<std::string_view> keys) {
  const YamlNode* at = &node;
  for (const std::string_view key : keys)
    if (at) at = at->find(key);
  return at;
}

void add_hosts(const YamlNode& servers, const std::string& file, std::vector<Found>& hosts) {
  for (const YamlNode& item : servers.items)
    if (item.kind == YamlNode::Kind::scalar) hosts.push_back({item.text, {file, item.at.line}});
  if (const YamlNode* const list = servers.find("hosts")) add_hosts(*list, file, hosts);
  for (const YamlEntry& role : servers.entries)
    if (role.key != "hosts") add_hosts(role.value, file, hosts);
}

void add_health(const YamlNode& proxy, const std::string& file, Findings& findings) {
  const YamlNode* const host = proxy.find("host");
  const YamlNode* const path = below(proxy, {"healthcheck", "path"});
  if (!host || !path || host->kind != YamlNode::Kind::scalar || !path->text.starts_with('/')) return;
  const YamlNode* const ssl = proxy.find("ssl");
  HealthFound made;
  made.at = {file, path->at.line};
  made.url = fmt::format("{}://{}{}", ssl && ssl->text == "true" ? "https" : "http", host->text, path->text);
  const YamlNode* const interval = below(proxy, {"healthcheck", "interval"});
  if (interval && is_number(interval->text)) made.interval = interval->text + "s";
  findings.health.push_back(std::move(made));
}

}  // namespace

std::optional<KamalFile> kamal_file(const SourceFile& file) {
  const YamlDocument document = parse_foreign_yaml(file.path, file.text);
  const YamlNode* const servers = document.root ? document.root->find("servers") : nullptr;
  if (!servers || !document.root->find("service")) return std::nullopt;
  KamalFile made;
  Findings& findings = made.findings;
  std::vector<Found> hosts;
  add_hosts(*servers, file.path, hosts);
  for (const Found& host : hosts) {
    if (!findings.host)
      findings.host = host;
    else if (host.text != findings.host->text)
      findings.leave(host.at, host.text, "a further host: each is an environment of its own");
  }
  if (const YamlNode* const user = below(*document.root, {"ssh", "user"}))
    findings.user = Found{user->text, {file.path, user->at.line}};
  else if (findings.host)
    findings.leave(findings.host->at, findings.host->text,
                   "no ssh user is named: Kamal logs in as root then; belay as ssh does");
  if (const YamlNode* const proxy = document.root->find("proxy")) add_health(*proxy, file.path, findings);
  for (const std::string_view key :
       {"registry", "env", "accessories", "volumes", "builder", "aliases", "asset_path"})
    if (const YamlEntry* const entry = document.root->find_entry(key))
      findings.leave({file.path, entry->at.line}, key, "Kamal's own: belay takes it from the compose file");
  return made;
}

}  // namespace belay::importer
