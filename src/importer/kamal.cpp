#include "importer/kamal.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "model/yaml.hpp"

namespace belay::importer {
namespace {

/// config/deploy.yml with the file of one destination over it.
class KamalReader {
 public:
  KamalReader(const SourceFile& base, const SourceFile* destination) {
    if (destination) add(*destination);
    add(base);
  }

  std::optional<KamalFile> read() {
    const Part servers = at({"servers"});
    if (!servers || !at({"service"})) return std::nullopt;
    hosts(servers);
    login();
    health();
    env();
    registry();
    for (const std::string_view key :
         {"accessories", "volumes", "aliases", "asset_path", "boot", "ssh_options"})
      if (const Part part = at({key}))
        made_.findings.leave(part.place(), key,
                             key == "accessories"
                                 ? "they are services of the compose file, and belay leaves them as they run"
                                 : "Kamal's own: belay takes it from the compose file");
    made_.findings.builds_here = true;
    if (const Part remote = at({"builder", "remote"}))
      made_.findings.leave(remote.place(), "builder.remote",
                           "belay builds where it is started (build: here), or on the server (build: host)");
    return std::move(made_);
  }

 private:
  struct Part {
    const YamlNode* node = nullptr;
    const SourceFile* file = nullptr;
    explicit operator bool() const { return node != nullptr; }
    Place place() const { return {file->path, node->at.line}; }
    bool is_text() const { return node && node->kind == YamlNode::Kind::scalar && !node->is_null(); }
  };
  struct Root {
    const SourceFile* file;
    YamlDocument document;
  };

  void add(const SourceFile& file) { roots_.push_back({&file, parse_foreign_yaml(file.path, file.text)}); }

  /// Of the destination's file if it has it there, else of the base.
  Part at(std::initializer_list<std::string_view> keys) const {
    for (const Root& root : roots_) {
      const YamlNode* node = root.document.root ? &*root.document.root : nullptr;
      for (const std::string_view key : keys) node = node ? node->find(key) : nullptr;
      if (node) return {node, root.file};
    }
    return {};
  }

  static void add_hosts(const Part& servers, std::vector<Found>& hosts) {
    for (const YamlNode& item : servers.node->items) {
      if (item.kind == YamlNode::Kind::scalar)
        hosts.push_back({item.text, {servers.file->path, item.at.line}});
      // - 192.0.2.1: tag
      for (const YamlEntry& entry : item.entries)
        hosts.push_back({entry.key, {servers.file->path, entry.at.line}});
    }
    if (const YamlNode* const list = servers.node->find("hosts")) add_hosts({list, servers.file}, hosts);
    for (const YamlEntry& role : servers.node->entries)
      if (!one_of(role.key, {"hosts", "cmd", "options", "env", "labels", "proxy", "logging"}))
        add_hosts({&role.value, servers.file}, hosts);
  }

  void hosts(const Part& servers) {
    std::vector<Found> all;
    add_hosts(servers, all);
    Findings& findings = made_.findings;
    for (const Found& host : all) {
      if (!findings.host)
        findings.host = host;
      else if (host.text != findings.host->text)
        findings.leave(host.at, host.text, "a further host: each is an environment of its own");
    }
  }

  void login() {
    Findings& findings = made_.findings;
    if (const Part user = at({"ssh", "user"}); user.is_text())
      findings.user = Found{user.node->text, user.place()};
    else if (findings.host)
      findings.leave(findings.host->at, findings.host->text,
                     "no ssh user is named: Kamal logs in as root then; belay as ssh does");
    if (const Part port = at({"ssh", "port"});
        port.is_text() && is_number(port.node->text) && port.node->text != "22")
      findings.port = Found{port.node->text, port.place()};
    if (const Part proxy = at({"ssh", "proxy"}); proxy.is_text())
      findings.leave(proxy.place(), proxy.node->text, "a host on the way: write it as jump");
  }

  void health() {
    const Part host = at({"proxy", "host"}), path = at({"proxy", "healthcheck", "path"});
    if (!host.is_text()) return;
    const std::string asked = path.is_text() ? path.node->text : "/up";  // Kamal's own default
    if (!asked.starts_with('/')) return;
    const Part ssl = at({"proxy", "ssl"});
    HealthFound made;
    made.at = path ? path.place() : host.place();
    made.url = fmt::format("{}://{}{}", ssl.is_text() && ssl.node->text == "true" ? "https" : "http",
                           host.node->text, asked);
    if (const Part interval = at({"proxy", "healthcheck", "interval"});
        interval.is_text() && is_number(interval.node->text))
      made.interval = interval.node->text + "s";
    made_.findings.health.push_back(std::move(made));
  }

  // Kamal gives them to the containers; belay writes them into the file that compose reads.
  void env() {
    std::string text;
    std::optional<Place> place;
    const Part clear = at({"env", "clear"}), secret = at({"env", "secret"}), plain = at({"env"});
    const auto add_pairs = [&](const Part& part) {
      for (const YamlEntry& entry : part.node->entries)
        if (entry.value.kind == YamlNode::Kind::scalar)
          text += fmt::format("{}={}\n", entry.key, entry.value.text);
      if (!place) place = part.place();
    };
    for (auto root = roots_.rbegin(); root != roots_.rend();
         ++root) {  // the destination's come over the base's
      const YamlNode* const node = root->document.root ? root->document.root->find("env") : nullptr;
      if (const YamlNode* const pairs = node ? node->find("clear") : nullptr) add_pairs({pairs, root->file});
    }
    if (plain && !clear && !secret) add_pairs(plain);
    if (secret) {
      for (const std::string& one : texts_of(secret.node)) {
        // NAME, or NAME:THE_SECRETS_NAME
        const std::size_t colon = one.find(':');
        text += fmt::format("{}={}\n", one.substr(0, colon),
                            ci_variable(colon == std::string::npos ? one : one.substr(colon + 1)));
      }
      if (!place) place = secret.place();
    }
    if (!place || text.empty()) return;
    made_.findings.files.push_back({*place, ".env", text, true});
    made_.findings.leave(
        *place, "env",
        "belay writes it to .env: the compose file has to hand it to the service (env_file: .env)");
  }

  void registry() {
    const Part registry = at({"registry"});
    if (registry)
      made_.findings.leave(registry.place(), "registry",
                           "with build: here belay sends the image itself, and needs no registry");
  }

  KamalFile made_;
  std::vector<Root> roots_;
};

/// A hook of Kamal's: a program of the repository that runs where Kamal does.
void hooks(const Repository& repository, Findings& findings) {
  for (const SourceFile& file : repository.files) {
    if (!file.path.starts_with(".kamal/hooks/") || file.path.ends_with(".sample")) continue;
    const std::string name = file.path.substr(file.path.rfind('/') + 1);
    const bool is_before = one_of(name, {"pre-deploy", "pre-build", "pre-connect"});
    if (!is_before && name != "post-deploy") {
      findings.leave({file.path, 1}, name, "belay has no such point: see hooks");
      continue;
    }
    HookFound made;
    made.at = {file.path, 1};
    made.command = file.path;
    made.on_controller = true;
    made.when = is_before ? HookFound::When::before : HookFound::When::after_health;
    findings.hooks.push_back(std::move(made));
    findings.leave({file.path, 1}, name,
                   "it runs with belay's variables (BELAY_…), not with Kamal's (KAMAL_…)");
  }
}

}  // namespace

std::vector<KamalFile> kamal_files(const Repository& repository) {
  std::vector<KamalFile> all;
  const SourceFile* const base = repository.find("config/deploy.yml");
  if (!base) return all;
  const auto add = [&](const std::string& name, const SourceFile* destination) {
    std::optional<KamalFile> made = KamalReader(*base, destination).read();
    if (!made) return;
    made->name = name;
    hooks(repository, made->findings);
    all.push_back(std::move(*made));
  };
  for (const SourceFile& file : repository.files) {
    constexpr std::string_view begin = "config/deploy.", end = ".yml";
    if (file.path.size() > begin.size() + end.size() && file.path.starts_with(begin) &&
        file.path.ends_with(end))
      add(file.path.substr(begin.size(), file.path.size() - begin.size() - end.size()), &file);
  }
  if (all.empty()) add("production", nullptr);
  return all;
}

}  // namespace belay::importer
