#include "model/config.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/nearest.hpp"
#include "model/config_json.hpp"
#include "model/config_reader.hpp"
#include "model/url.hpp"
#include "model/yaml.hpp"

namespace belay {

namespace {

bool holds_sections(const YamlNode& list) {
  return std::ranges::any_of(list.items,
                             [](const YamlNode& item) { return item.kind == YamlNode::Kind::mapping; });
}

/// Whether a list of texts is one section: the words of a command.
bool takes_words(const ConfigKey& key, const std::string& path) {
  const ConfigKey* const main = config_key(path, key.shorthand);
  return main != nullptr && main->kind != ValueKind::text;
}

/// Whether a list in the place of the section `path` stands for one of its keys.
bool may_stand_for_list(const ConfigKey& key, const std::string& path) {
  const ConfigKey* meant = key.shorthand.empty() ? nullptr : config_key(path, key.shorthand);
  return key.may_be_list || (meant != nullptr && meant->kind == ValueKind::commands);
}

YamlNode written_out(const ConfigKey& key, const YamlNode& value, const std::string& path);

/// A name alone stands for the variable: NAME is NAME=${NAME} among lines.
void write_out_names(YamlNode& lines) {
  for (YamlNode& line : lines.items)
    if (line.kind == YamlNode::Kind::scalar && !line.text.contains('='))
      line.text = fmt::format("{0}=${{{0}}}", line.text);
}

/// Each file's section: `.env: [A]` is `.env: { lines: [A] }`, and `secret: A` is `secret: ${A}`.
YamlNode with_env_files_written_out(YamlNode files) {
  for (YamlEntry& file : files.entries) {
    if (file.value.kind == YamlNode::Kind::sequence) {
      YamlNode section;
      section.kind = YamlNode::Kind::mapping;
      section.at = file.value.at;
      section.entries.push_back({"lines", file.value.at, std::move(file.value)});
      file.value = std::move(section);
    }
    for (YamlEntry& entry : file.value.entries) {
      if (entry.key == "lines") write_out_names(entry.value);
      if (entry.key == "secret" && variable_name_value(entry.value.text))
        entry.value.text = "${" + entry.value.text + "}";
    }
  }
  return files;
}

/// The section's own sections, written out.
YamlNode with_inner_written_out(YamlNode section, const std::string& path) {
  for (YamlEntry& entry : section.entries)
    if (const ConfigKey* inner = config_key(path, entry.key);
        inner != nullptr && inner->kind == ValueKind::section)
      entry.value = written_out(*inner, entry.value, path + "." + entry.key);
  return section;
}

/// A lone text in place of a section stands for one of its keys: `migrate: COMMAND` is `migrate: { run:
/// COMMAND }`. So does a list of words, where the section may be a list, or its key is one; in a list of
/// sections each text does. `path` is the section's name in the table of keys.
YamlNode written_out(const ConfigKey& key, const YamlNode& value, const std::string& path) {
  if (key.kind == ValueKind::by_path) return with_env_files_written_out(value);
  const bool list =
      value.kind == YamlNode::Kind::sequence && may_stand_for_list(key, path) && !value.items.empty();
  if (list && key.may_be_list && (holds_sections(value) || !takes_words(key, path))) {
    YamlNode sections = value;
    for (YamlNode& item : sections.items) item = written_out(key, item, path);
    return sections;
  }
  if (value.kind == YamlNode::Kind::mapping) return with_inner_written_out(value, path);
  if (key.shorthand.empty() || value.is_null() || is_off(value)) return value;
  if (value.kind != YamlNode::Kind::scalar && !list) return value;
  YamlNode mapping;
  mapping.kind = YamlNode::Kind::mapping;
  mapping.at = value.at;
  mapping.entries.push_back({std::string(key.shorthand), value.at, value});
  return mapping;
}

/// Mappings are merged key by key, `over` winning; anything else replaces.
YamlNode merged(YamlNode under, const YamlNode& over) {
  if (under.kind != YamlNode::Kind::mapping || over.kind != YamlNode::Kind::mapping) return over;
  under.at = over.at;
  for (const YamlEntry& entry : over.entries) {
    const auto same = std::find_if(under.entries.begin(), under.entries.end(),
                                   [&](const YamlEntry& known) { return known.key == entry.key; });
    if (same == under.entries.end())
      under.entries.push_back(entry);
    else
      *same = {entry.key, entry.at, merged(std::move(same->value), entry.value)};
  }
  return under;
}

/// What a section by service says beside its services holds for each of them that does not say it itself; but
/// not whom it asks.
YamlNode with_services_written_out(YamlNode section, const std::string& name) {
  const auto is_service = [&](const YamlEntry& entry) {
    return config_key(name, entry.key) == nullptr && entry.value.kind == YamlNode::Kind::mapping;
  };
  YamlNode common;
  common.kind = YamlNode::Kind::mapping;
  for (const YamlEntry& entry : section.entries)
    if (!is_service(entry) && config_key(name, entry.key) != nullptr &&
        !config_key(name, entry.key)->required)
      common.entries.push_back(entry);
  for (YamlEntry& entry : section.entries)
    if (is_service(entry)) entry.value = merged(common, entry.value);
  return section;
}

/// The whole of an environment, or of what all share, with what its services' sections inherit.
YamlNode with_services_written_out(YamlNode environment) {
  for (YamlEntry& entry : environment.entries)
    if (const ConfigKey* key = config_key(shared_section, entry.key);
        key != nullptr && key->by_service && key->kind == ValueKind::section)
      entry.value = with_services_written_out(std::move(entry.value), entry.key);
  return environment;
}

/// What the top level shares, with shorthands written out.
YamlNode shared_part(const YamlNode& mapping) {
  YamlNode part;
  part.kind = YamlNode::Kind::mapping;
  part.at = mapping.at;
  for (const YamlEntry& entry : mapping.entries)
    if (const ConfigKey* key = config_key(shared_section, entry.key))
      part.entries.push_back({entry.key, entry.at, written_out(*key, entry.value, entry.key)});
  return part;
}

YamlNode written_out(YamlNode environment) {
  for (YamlEntry& entry : environment.entries)
    for (const std::string_view section : {shared_section, std::string_view("environment")})
      if (const ConfigKey* key = config_key(section, entry.key)) {
        entry.value = written_out(*key, entry.value, entry.key);
        break;
      }
  return environment;
}

void read_sync(SectionReader section, SyncRules& into) {
  section.texts("exclude", into.exclude, line_value);
  section.boolean("delete", into.remove_extraneous);
}

MigrationRule read_migration(SectionReader section) {
  MigrationRule rule;
  section.command("run", rule.command, rule.words);
  section.choice("when", rule.when);
  section.duration("timeout", rule.timeout);
  section.text("service", rule.service, service_name_value);
  section.boolean("entrypoint", rule.entrypoint);
  return rule;
}

/// The released service that a key names. Nothing can be said while `services:` is not.
void require_released(const EnvironmentConfig& environment, const std::string& service,
                      const std::string& key, Location at, Reading& reading) {
  const auto& known = environment.services;
  if (service.empty() || known.empty() || std::ranges::find(known, service) != known.end()) return;
  std::string all;
  for (const auto& one : known) all += (all.empty() ? "" : ", ") + one;
  const auto meant = nearest(service, known);
  reading.report(at, fmt::format("'{}' names '{}', which is not in services", key, service),
                 (meant ? fmt::format("did you mean '{}'? ", *meant) : "") + "released are: " + all);
}

void read_migrations(SectionReader& section, EnvironmentConfig& into, Reading& reading) {
  for (auto& one : section.sections("migrate")) {
    into.migrate.push_back(read_migration(one));
    require_released(into, into.migrate.back().service, "service", one.location_of("service"), reading);
    if (into.migrate.back().when != into.migrate.front().when)
      reading.report(one.location_of("when"), "'when' differs between migrations",
                     "all run at the same point: before-switch, or after-start");
  }
}

/// Where a hook's command runs: `in` a service's container, or `on` a machine.
void read_place(SectionReader& section, Hook& hook, Reading& reading) {
  section.choice("on", hook.where);
  section.text("in", hook.service, service_name_value);
  if (section.has("in")) hook.where = Hook::Where::container;
  if (section.has("in") && section.has("on"))
    reading.report(section.location_of("on"), "'in' and 'on' exclude each other",
                   "a command runs in a container, or on a machine: write one of them");
  else if (!section.has("in") && !section.has("on") && reading.keys_needed)
    reading.report(section.location_of("run"), "the hook does not say where it runs",
                   "write in: SERVICE, on: host, or on: controller");
}

Hook read_hook(SectionReader section, Hook::At at, Reading& reading) {
  Hook hook{.at = at, .required = is_before_commit(at)};
  section.command("run", hook.command, hook.words);
  read_place(section, hook, reading);
  section.duration("timeout", hook.timeout);
  section.boolean("required", hook.required);
  if (hook.required && !is_before_commit(at))
    reading.report(
        section.location_of("required"),
        fmt::format("'required' cannot be true for {}: nothing is left to undo there", name_of(at)),
        "take it out; a failure is reported. Only before_backup, before_switch and after_switch "
        "can fail a deployment");
  return hook;
}

void read_hooks(SectionReader section, std::vector<Hook>& into, Reading& reading) {
  for (const auto at : all_hook_points)
    for (auto& one : section.sections(name_of(at))) into.push_back(read_hook(std::move(one), at, reading));
}

PostgresBackup read_backup(SectionReader section) {
  PostgresBackup backup;
  if (auto postgres = section.section("postgres")) {
    postgres->text("container", backup.container, container_name_value);
    postgres->text("user", backup.user, database_name_value);
    postgres->text("database", backup.database, database_name_value);
  }
  section.number("keep", backup.keep);
  section.text("directory", backup.directory, relative_path_value);
  section.duration("timeout", backup.timeout);
  return backup;
}

/// An address that means the machine itself is the host's, not the controller's.
HealthCheck::From who_asks(const std::string& text) {
  const auto url = parse_url(text);
  const bool itself =
      url && (same_host(*url, {.host = "localhost"}) || url->host == "127.0.0.1" || url->host == "::1");
  return itself ? HealthCheck::From::host : HealthCheck::From::controller;
}

/// user and password, from their keys or from the URL.
void read_login(SectionReader& section, HealthCheck& health, Reading& reading) {
  const auto login = cut_login_out_of(health.url);
  if (!login.empty() && (section.has("user") || section.has("password")))
    reading.report(section.location_of("url"), "'url' has a user, and so has 'user'", "write it once");
  if (variables_in(login).empty()) {
    const auto found = login_of(filled(login, {}));
    health.user = as_template(found.user);
    health.password = as_template(found.password);
  } else {
    health.login = login;
  }
  section.text("user", health.user, line_value);
  section.text("password", health.password, line_value);
  if (health.user.empty() && !section.has("user") && section.has("password"))
    reading.report(section.location_of("password"), "'password' has no 'user'", "for example user: monitor");
}

void read_headers(SectionReader& section, HealthCheck& health, Reading& reading) {
  std::vector<std::pair<std::string, std::string>> headers;
  section.texts_by_name("headers", headers, line_value, header_name_value);
  for (auto& [name, value] : headers) {
    if (!health.user.empty() && name.size() == 13 && (name == "Authorization" || name == "authorization"))
      reading.report(section.location_of("headers"), "'headers' has an Authorization, and there is a 'user'",
                     "write one of them");
    health.headers.push_back({std::move(name), std::move(value)});
  }
}

HealthCheck read_check(SectionReader& section, bool needs_url, Reading& reading) {
  HealthCheck health;
  if (needs_url || section.has("url")) section.text("url", health.url, url_value);
  read_login(section, health, reading);
  health.from = who_asks(filled(health.url, reading.kept_values()));
  section.choice("from", health.from);
  section.number("attempts", health.attempts);
  section.duration("interval", health.interval);
  section.duration("timeout", health.timeout);
  section.number("successes", health.successes);
  section.numbers("status", health.status);
  read_headers(section, health, reading);
  section.boolean("follow_redirects", health.follow_redirects);
  if (health.successes > health.attempts) {
    if (section.has("successes"))
      reading.report(
          section.location_of("successes"),
          fmt::format("'successes' is {}, but there are only {} attempts", health.successes, health.attempts),
          "a release could never pass: raise 'attempts' or lower 'successes'");
    health.successes = health.attempts;
  }
  return health;
}

/// Without a URL of its own, what stands beside the services' checks is how patient belay is with all of
/// them.
void read_health(SectionReader section, EnvironmentConfig& into, Reading& reading) {
  auto services = section.service_sections();
  into.health = read_check(section, services.empty(), reading);
  for (auto& [service, own] : services) {
    require_released(into, service, "health", section.location_of(service), reading);
    into.service_health.push_back({service, read_check(own, true, reading)});
  }
}

TlsConfig read_tls(SectionReader section, Reading& reading) {
  TlsConfig tls;
  section.texts("certificates", tls.certificates, line_value);
  section.texts("keys", tls.keys, line_value);
  section.number("port", tls.port);
  if (!tls.keys.empty() && tls.keys.size() != tls.certificates.size())
    reading.report(
        section.location_of("keys"),
        fmt::format("'keys' has {} files, 'certificates' {}", tls.keys.size(), tls.certificates.size()),
        "one key for each certificate, in the same order; or none, where the certificates' files "
        "hold them");
  return tls;
}

EdgeConfig read_edge(SectionReader section, Reading& reading) {
  EdgeConfig edge;
  std::string image;
  section.text("image", image, edge_image_value);
  if (!image.empty()) edge.image = image;
  section.duration("drain_timeout", edge.drain_timeout);
  section.duration("hold_timeout", edge.hold_timeout);
  if (auto tls = section.section("tls")) edge.tls = read_tls(*tls, reading);
  section.numbers("tcp", edge.tcp);
  if (edge.tls && std::ranges::find(edge.tcp, edge.tls->port) != edge.tcp.end())
    reading.report(section.location_of("tcp"),
                   fmt::format("'tcp' names {}, the port where 'tls' ends TLS", edge.tls->port),
                   "leave it out of one of the two");
  section.texts("proxy_protocol_from", edge.proxy_protocol_from, network_value);
  return edge;
}

AbortRule read_abort_rule(SectionReader& section) {
  AbortRule rule{.errors_5xx = 100, .p95 = 200};
  if (auto given = section.section("abort_if")) {
    rule = {};
    given->text("errors_5xx", rule.errors_5xx, more_than_percent_value);
    given->text("p95", rule.p95, more_than_times_value);
  }
  return rule;
}

CanaryRule read_canary(SectionReader section, Reading& reading) {
  CanaryRule canary;
  std::vector<std::string> shares;
  section.texts("steps", shares, share_value);
  if (!shares.empty()) canary.steps.clear();
  for (const auto& share : shares) canary.steps.push_back(std::stoi(share));
  if (!std::ranges::is_sorted(canary.steps))
    reading.report(section.location_of("steps"), "'steps' must rise", "for example [5%, 25%, 100%]");
  section.duration("for", canary.time);
  canary.abort_if = read_abort_rule(section);
  return canary;
}

SoakRule read_soak(SectionReader section) {
  SoakRule soak;
  section.duration("for", soak.time);
  soak.abort_if = read_abort_rule(section);
  return soak;
}

/// What stands at a key needs an edge: there is one unless `edge: off` is said.
void require_edge(SectionReader& section, const std::string& key, const std::string& what,
                  EnvironmentConfig& into, Reading& reading) {
  if (into.edge) return;
  if (section.has("edge"))
    reading.report(section.location_of(key), fmt::format("'edge' is off, but {} needs it", what),
                   "write edge: on");
  into.edge = EdgeConfig{};
}

/// All services that are not replaced take part in one turn of the edge.
void read_strategy(SectionReader& section, EnvironmentConfig& into, Reading& reading) {
  std::vector<std::pair<std::string, Strategy>> of_services;
  section.choice_by_service("strategy", into.strategy, of_services);
  std::optional<Strategy> turned;
  for (const auto& [service, strategy] : of_services) {
    if (strategy == Strategy::recreate) {
      into.replaced.push_back(service);
      continue;
    }
    if (turned && *turned != strategy)
      reading.report(section.location_of("strategy"), "'strategy' names both blue-green and canary",
                     "the edge turns all services at once: let them have one of the two, or recreate");
    turned = strategy;
  }
  into.strategy = turned.value_or(into.strategy);
}

/// An edge brings blue-green with it, and what needs an edge brings that.
void read_edge_and_strategy(SectionReader& section, EnvironmentConfig& into, Reading& reading) {
  if (auto edge = section.section("edge")) into.edge = read_edge(*edge, reading);
  if (auto canary = section.section("canary")) into.canary = read_canary(*canary, reading);
  if (auto soak = section.section("soak")) into.soak = read_soak(*soak);
  if (into.edge) into.strategy = Strategy::blue_green;
  read_strategy(section, into, reading);
  if (into.strategy != Strategy::recreate)
    require_edge(section, "strategy", "strategy '" + name_of(into.strategy) + "'", into, reading);
  if (into.soak) require_edge(section, "soak", "'soak'", into, reading);
  if (into.strategy != Strategy::canary)
    into.canary.reset();
  else if (!into.canary)
    into.canary = CanaryRule{.abort_if = {.errors_5xx = 100, .p95 = 200}};
}

/// The patterns of `name`, or of `name`-ignore: one list says what counts, the other what does not.
void read_patterns(SectionReader& section, const std::string& name, std::vector<std::string>& counted,
                   std::vector<std::string>& ignored, Reading& reading) {
  const std::string ignore = name + "-ignore";
  section.texts(name, counted, push_pattern_value);
  section.texts(ignore, ignored, push_pattern_value);
  if (section.has(name) && section.has(ignore))
    reading.report(section.location_of(ignore), fmt::format("'{}' and '{}' exclude each other", name, ignore),
                   fmt::format("write what does not count as \"!…\" behind the others in '{}'", name));
  for (const auto& [key, patterns] : {std::pair(name, &counted), std::pair(ignore, &ignored)})
    if (!patterns->empty() &&
        std::ranges::all_of(*patterns, [](const auto& p) { return p.starts_with('!'); }))
      reading.report(section.location_of(key), fmt::format("'{}' has only patterns with '!'", key),
                     "a pattern with '!' takes back what one before it matches: begin with \"**\"");
}

PushTrigger read_push(SectionReader section, Reading& reading) {
  PushTrigger push;
  read_patterns(section, "branches", push.branches, push.ignored_branches, reading);
  read_patterns(section, "tags", push.tags, push.ignored_tags, reading);
  read_patterns(section, "paths", push.paths, push.ignored_paths, reading);
  // An empty list names nothing either: it must not stand for every branch.
  const auto lists = {&push.branches, &push.ignored_branches, &push.tags, &push.ignored_tags};
  if (std::ranges::all_of(lists, [](const auto* list) { return list->empty(); }))
    reading.report(section.location_of("branches"), "'push' names neither branches nor tags",
                   "say which ones deploy, for example branches: [main]");
  return push;
}

LocalBuild read_local_build(SectionReader section, Reading& reading) {
  LocalBuild local;
  section.commands("run", local.run);
  if (local.run.empty() && section.has("run"))
    reading.report(section.location_of("run"), "'run' has no command",
                   "for example run: [npm ci, npm run build]");
  section.texts("ship", local.ship, relative_path_value);
  return local;
}

void read_build(SectionReader section, BuildRule& into, Reading& reading) {
  section.choice("at", into.at);
  section.texts("with", into.with, relative_path_value);
  section.duration("timeout", into.timeout);
  if (auto local = section.section("local")) into.local = read_local_build(*local, reading);
  if (into.at == BuildRule::At::here && !into.with.empty())
    reading.report(section.location_of(section.has("with") ? "with" : "at"),
                   "'with' names files of the server, but 'at: here' builds where belay is started",
                   "the server's files stay on the server: write at: host, or take 'with' out");
}

/// A login whose variables may be missing, and are, is left out.
void read_registries(SectionReader& section, std::vector<RegistryLogin>& into, Reading& reading) {
  const bool needed =
      std::exchange(reading.variables_needed, reading.variables_needed && reading.release_needed);
  section.by_name("registries", registry_name_value, [&](const std::string& registry, SectionReader login) {
    RegistryLogin read{.registry = registry, .user = {}, .password = {}};
    login.text("user", read.user, registry_user_value);
    login.text("password", read.password, password_value);
    for (auto* text : {&read.user, &read.password}) *text = filled(*text, reading.kept_values());
    if (!read.user.empty() && !read.password.empty()) into.push_back(std::move(read));
  });
  reading.variables_needed = needed;
}

/// A compose file of the host holds services of others: which ones are this environment's has to be said.
void require_own_services(SectionReader& section, const EnvironmentConfig& into, Reading& reading) {
  if (into.services.empty() && reading.keys_needed)
    reading.report(section.location_of("compose"), "'compose: host' needs 'services'",
                   "name the services that are released: the others of that file belong to others");
  if (into.accessories == Accessories::as_compose)
    reading.report(section.location_of("accessories"),
                   "'accessories' cannot be 'as-compose' with 'compose: host'",
                   "the other services of that file belong to others: write leave, or take it out");
}

/// The containers of an edge are found by their project, which is that of others, too.
void refuse_edge_in_shared_project(SectionReader& section, const EnvironmentConfig& into, Reading& reading) {
  if (!into.edge || !into.has_compose_on_host()) return;
  const auto* key = section.has("edge") ? "edge" : section.has("strategy") ? "strategy" : "soak";
  reading.report(section.location_of(key), "there can be no edge with 'compose: host'",
                 "take it out: write edge: off and strategy: recreate");
}

EnvFile read_env_file(const std::string& path, SectionReader& section, Reading& reading) {
  EnvFile file{.path = path};
  section.texts("lines", file.lines, env_line_value);
  section.text("secret", file.whole, file_text_value);
  section.boolean("owned", file.owned);
  if (section.has("lines") == section.has("secret"))
    reading.report(section.location_of("secret"),
                   fmt::format("'env_file' of {} needs 'lines' or 'secret', one of them", path),
                   fmt::format("for example {}: [DATABASE_URL]", path));
  std::map<std::string, std::string> lines;
  for (std::size_t i = 0; i < file.lines.size(); ++i)
    if (const auto [known, is_new] = lines.emplace(file.names()[i], file.lines[i]);
        !is_new && known->second != file.lines[i])
      reading.report(section.location_of("lines"), fmt::format("'lines' has {} twice", known->first),
                     "write it once");
  return file;
}

/// The values are a release's: going back needs none of them.
void read_env_files(SectionReader& section, std::vector<EnvFile>& into, Reading& reading) {
  const bool needed =
      std::exchange(reading.variables_needed, reading.variables_needed && reading.release_needed);
  section.by_name("env_file", relative_path_value, [&](const std::string& path, SectionReader file) {
    into.push_back(read_env_file(path, file, reading));
  });
  reading.variables_needed = needed;
}

/// What compose is given: its files, project and variables; and which of its services are belay's.
void read_compose(SectionReader& section, EnvironmentConfig& into, Reading& reading) {
  auto elsewhere = section.section_instead("compose");
  if (elsewhere)
    elsewhere->one_or_more("host", into.compose, absolute_path_value);
  else
    section.one_or_more("compose", into.compose, relative_path_value);
  section.text("project", into.project, project_name_value);
  section.one_or_more("env_files", into.env_files, host_file_value);
  read_env_files(section, into.env_file, reading);
  const bool needed =
      std::exchange(reading.variables_needed, reading.variables_needed && reading.release_needed);
  section.variables("values", into.values);
  reading.variables_needed = needed;
  section.texts("services", into.services, service_name_value);
  section.choice("accessories", into.accessories);
  if (elsewhere) require_own_services(section, into, reading);
}

/// A zone that is needed and not known is a mistake. Who only looks, or goes back, needs none.
std::optional<TimeZone> read_zone(SectionReader& section, const std::string& name, Reading& reading) {
  if (name.empty()) return std::nullopt;
  if (auto known = zone_without_database(name)) return known;
  if (!reading.zones || !reading.variables_needed) return std::nullopt;
  auto found = reading.zones(name);
  if (found) return std::move(*found);
  if (reading.release_needed)
    reading.report(section.location_of("zone"), "'zone' " + found.error().message, found.error().remedy);
  return std::nullopt;
}

void read_freeze(SectionReader& section, std::vector<FreezeWindow>& into, Reading& reading) {
  for (auto& one : section.sections("freeze")) {
    FreezeWindow window;
    one.text("from", window.from, freeze_end_value);
    one.text("until", window.until, freeze_end_value);
    one.text("zone", window.zone_name, zone_name_value);
    one.text("why", window.why, line_value);
    window.zone = read_zone(one, window.zone_name, reading);
    const bool both = !window.from.text.empty() && !window.until.text.empty();
    if (const auto fault = both ? freeze_fault(window.from, window.until) : ""; !fault.empty())
      reading.report(one.location_of("until"), fault,
                     "for example from: Fri 16:00, until: Mon 08:00; a day as 'until' is part of the freeze");
    into.push_back(std::move(window));
  }
}

/// A text that is a secret comes from a variable: this file is in git. `into` gets its value.
void read_secret(SectionReader& section, const std::string& name, std::string& into,
                 Value<std::string> (*check)(std::string_view), Reading& reading) {
  section.text(name, into, check);
  if (!into.empty() && variables_in(into).empty())
    reading.report(section.location_of(name), fmt::format("'{}' is a secret, and belay.yml is in git", name),
                   "take it from a variable: \"${NAME}\"");
  into = filled(into, reading.kept_values());
}

Webhook read_webhook(SectionReader section, Reading& reading) {
  Webhook hook;
  section.text("url", hook.url, url_value);
  hook.url = filled(hook.url, reading.kept_values());
  if (section.has("secret")) read_secret(section, "secret", hook.secret.emplace(), password_value, reading);
  return hook;
}

TelegramChat read_telegram(SectionReader section, Reading& reading) {
  TelegramChat chat;
  read_secret(section, "token", chat.token, telegram_token_value, reading);
  section.text("chat", chat.chat, line_value);
  section.text("api", chat.api, url_value);
  while (chat.api.ends_with('/')) chat.api.pop_back();
  return chat;
}

bool is_this_machine(const std::string& server) {
  return server == "localhost" || server == "::1" || server.starts_with("127.");
}

MailTarget read_mail(SectionReader section, Reading& reading) {
  MailTarget mail;
  section.text("server", mail.server, mail_server_value);
  section.number("port", mail.port);
  mail.tls = mail.port == 465 ? MailTarget::Tls::tls : MailTarget::Tls::starttls;
  section.choice("tls", mail.tls);
  section.text("from", mail.from, mail_address_value);
  section.one_or_more("to", mail.to, mail_address_value);
  section.text("user", mail.user, line_value);
  if (section.has("password"))
    read_secret(section, "password", mail.password.emplace(), password_value, reading);
  if (mail.tls == MailTarget::Tls::none && !mail.server.empty() && !is_this_machine(mail.server))
    reading.report(section.location_of("tls"),
                   fmt::format("'tls' is none, but {} is another machine", mail.server),
                   "without TLS belay gives mail to this machine only: write starttls or tls");
  if (section.has("user") != section.has("password"))
    reading.report(section.location_of(section.has("user") ? "user" : "password"),
                   "'user' and 'password' go together", "write both, or none");
  return mail;
}

std::string usual_api(CommitStatus::Kind at) {
  switch (at) {
    case CommitStatus::Kind::github:
      return "https://api.github.com";
    case CommitStatus::Kind::gitlab:
      return "https://gitlab.com/api/v4";
    case CommitStatus::Kind::gitea:
      break;
  }
  return {};
}

CommitStatus read_commit_status(SectionReader section, Reading& reading) {
  CommitStatus status;
  section.choice("at", status.at);
  section.text("repository", status.repository, repository_value);
  read_secret(section, "token", status.token, token_value, reading);
  status.api = usual_api(status.at);
  section.text("api", status.api, url_value);
  while (status.api.ends_with('/')) status.api.pop_back();
  if (status.at == CommitStatus::Kind::gitea && !section.has("api"))
    reading.report(section.location_of("at"), "'at' is gitea, and 'api' is missing",
                   "for example api: https://git.example.com/api/v1");
  return status;
}

/// What one entry of `notify` says; of several means, or none, it is a mistake.
void read_means(SectionReader& section, std::vector<NoticeMeans>& means, Reading& reading) {
  for (const auto kind : {ChatHook::Kind::slack, ChatHook::Kind::discord, ChatHook::Kind::teams}) {
    const auto name = name_of(kind);
    if (!section.has(name)) continue;
    ChatHook hook{.kind = kind, .url = {}};
    read_secret(section, name, hook.url, url_value, reading);
    means.emplace_back(std::move(hook));
  }
  if (auto webhook = section.section("webhook")) means.emplace_back(read_webhook(*webhook, reading));
  if (auto telegram = section.section("telegram")) means.emplace_back(read_telegram(*telegram, reading));
  if (auto mail = section.section("mail")) means.emplace_back(read_mail(*mail, reading));
  if (auto status = section.section("commit_status"))
    means.emplace_back(read_commit_status(*status, reading));
}

NoticeTarget read_notice_target(SectionReader& section, Reading& reading) {
  NoticeTarget target;
  std::vector<NoticeMeans> means;
  read_means(section, means, reading);
  std::vector<std::string> events;
  section.one_or_more("on", events, notice_event_value);
  for (const auto& event : events) target.on.push_back(value_named<NoticeEvent>(event).value());
  if (means.size() > 1)
    reading.report(section.location_of(""), "an entry of 'notify' names several targets",
                   "write one in each");
  if (section.has("commit_status") && section.has("on"))
    reading.report(section.location_of("on"), "'on' does not go with 'commit_status'",
                   "take it out: a commit status has a beginning and an end");
  const bool any = section.has("webhook") || section.has("telegram") || section.has("mail") ||
                   section.has("commit_status");
  if (means.empty() && !any)
    reading.report(section.location_of(""), "an entry of 'notify' names no target",
                   "for example slack: \"${SLACK_URL}\"");
  if (!means.empty()) target.means = std::move(means.front());
  if (!is_ready(target.means)) target.unready = "a variable of it is not set";
  return target;
}

/// Its secrets stay here: the values of the other keys' variables go to the host.
void read_notify(SectionReader& section, EnvironmentConfig& into, Reading& reading) {
  auto others = reading.take_kept_values();
  reading.spare = true;
  for (auto& one : section.sections("notify")) into.notify.push_back(read_notice_target(one, reading));
  reading.spare = false;
  into.notify_values = reading.take_kept_values();
  reading.give_back(std::move(others));
}

void read_secrets(SectionReader section, SecretSources& into) {
  section.text("file", into.file, relative_path_value);
  section.text("command", into.command, secret_command_value);
  section.text("key_file", into.key_file, key_file_value);
}

void read_timeouts(SectionReader section, EnvironmentConfig& into) {
  section.duration("test", into.test_timeout);
  section.duration("build", into.build.timeout);
  section.duration("confirm", into.confirm_timeout);
}

void read_shared(SectionReader& section, EnvironmentConfig& into, Reading& reading) {
  reading.sources = {};
  if (auto secrets = section.section("secrets")) read_secrets(*secrets, into.secrets);
  reading.sources = into.secrets;
  section.text("source", into.source, relative_path_value);
  read_compose(section, into, reading);
  section.commands("test", into.test);
  section.boolean("test_git", into.test_git);
  if (auto sync = section.section("sync")) read_sync(*sync, into.sync);
  read_migrations(section, into, reading);
  if (auto hooks = section.section("hooks")) read_hooks(std::move(*hooks), into.hooks, reading);
  if (auto backup = section.section("backup")) into.backup = read_backup(*backup);
  if (auto health = section.section("health")) read_health(*health, into, reading);
  read_registries(section, into.registries, reading);
  read_edge_and_strategy(section, into, reading);
  refuse_edge_in_shared_project(section, into, reading);
  section.boolean("rollback", into.rollback);
  section.number("keep", into.keep_releases);
  read_freeze(section, into.freeze, reading);
  read_notify(section, into, reading);
  if (auto timeouts = section.section("timeouts")) read_timeouts(*timeouts, into);
  if (auto build = section.section("build")) read_build(*build, into.build, reading);
}

void read_jump_hosts(SectionReader& section, EnvironmentConfig& into, Reading& reading) {
  for (auto& one : section.sections("jump")) {
    JumpHost& jump = into.jump.emplace_back();
    one.text("host", jump.host, host_value);
    one.text("host_key", jump.host_key, host_key_value);
    if (jump.host.local)
      reading.report(one.location_of("host"), "'host' of 'jump' cannot be 'local'",
                     "name a host between here and there, or leave 'jump' out");
  }
  if (into.host.local && !into.jump.empty())
    reading.report(section.location_of("jump"), "'jump' is of no use with 'host: local'", "take it out");
}

EnvironmentConfig read_environment(const YamlEntry& entry, const YamlNode& shared, Reading& reading) {
  EnvironmentConfig environment;
  environment.name = entry.key;
  if (const auto name = environment_name_value(entry.key); !name)
    reading.report(entry.at, name.error().message, name.error().remedy);
  if (entry.value.kind != YamlNode::Kind::mapping) {
    reading.report(
        entry.at,
        fmt::format("the environment '{}' must be a mapping, but is {}", entry.key, entry.value.described()),
        "it needs at least host and path");
    return environment;
  }
  const YamlNode effective = with_services_written_out(merged(shared, written_out(entry.value)));
  SectionReader section(reading, "environment", effective, entry.at);
  section.text("host", environment.host, host_value);
  section.text("host_key", environment.host_key, host_key_value);
  read_jump_hosts(section, environment, reading);
  section.text("path", environment.path, absolute_path_value);
  read_shared(section, environment, reading);
  if (auto on = section.section("on"))
    if (auto push = on->section("push")) environment.on_push = read_push(*push, reading);
  environment.variables = reading.take_kept_values();
  return environment;
}

/// The first use of each; one that is required anywhere is required.
std::vector<NeededSecret> each_once(std::vector<NeededSecret> all) {
  std::vector<NeededSecret> once;
  for (auto& secret : all) {
    const auto known = std::ranges::find(once, secret.name, &NeededSecret::name);
    if (known == once.end())
      once.push_back(std::move(secret));
    else
      known->required = known->required || secret.required;
  }
  return once;
}

/// What is seen anyway need not be kept out of what is stored and shown: a health URL is easier to read with
/// its host's name, and a recovery can ask it. A key further down may be the one that shows it, so this comes
/// last.
void fill_in_what_is_shown(EnvironmentConfig& environment, const Reading& reading) {
  Values shown;
  for (const auto& [name, value] : environment.variables)
    if (reading.is_shown(name, value)) shown.emplace(name, value);
  const auto fill = [&](HealthCheck& check) {
    for (auto* text : {&check.url, &check.user, &check.password, &check.login})
      *text = partly_filled(*text, shown);
    for (auto& header : check.headers) header.value = partly_filled(header.value, shown);
  };
  std::erase_if(environment.notify_values,
                [&](const auto& one) { return reading.is_shown(one.first, one.second); });
  fill(environment.health);
  for (auto& one : environment.service_health) fill(one.check);
  for (auto& [name, value] : shown) environment.shown_variables.push_back(name);
}

/// Reads one environment with what its sources gave; or, without `values`, notes what they have to give.
void read_with_secrets(const YamlEntry& entry, const YamlNode& shared, const SecretValues* values,
                       SecretNeeds& needs, Reading& reading, Config& into) {
  static const Values none;
  const auto given = values == nullptr ? SecretValues::const_iterator() : values->find(entry.key);
  reading.secrets = values == nullptr ? nullptr : given == values->end() ? &none : &given->second;
  into.environments.push_back(read_environment(entry, shared, reading));
  if (auto needed = std::exchange(reading.needed_secrets, {}); !needed.empty())
    needs[entry.key] = {into.app, into.environments.back().secrets, each_once(std::move(needed))};
}

Config read_config(const YamlNode& root, const std::optional<std::string>& only_environment,
                   const SecretValues* values, SecretNeeds& needs, Reading& reading) {
  Config config;
  SectionReader top(reading, "", root, {1, 1});
  top.text("app", config.app, app_name_value);
  top.text("source", config.source, relative_path_value);

  // By itself first: what every environment overrides must be right too.
  const YamlNode shared = shared_part(root);
  reading.keys_needed = reading.variables_needed = false;
  EnvironmentConfig alone;
  const YamlNode shared_alone = with_services_written_out(shared);
  SectionReader shared_section_alone(reading, "environment", shared_alone, root.at);
  read_shared(shared_section_alone, alone, reading);
  reading.take_kept_values();

  reading.keys_needed = true;
  if (const YamlNode* environments = top.environments("environments"))
    for (const YamlEntry& entry : environments->entries) {
      reading.variables_needed = !only_environment || entry.key == *only_environment;
      read_with_secrets(entry, shared, values, needs, reading, config);
    }
  for (auto& environment : config.environments) fill_in_what_is_shown(environment, reading);
  return config;
}

}  // namespace

const EnvironmentConfig* Config::find(const std::string& environment) const {
  const auto found = std::find_if(environments.begin(), environments.end(),
                                  [&](const auto& known) { return known.name == environment; });
  return found == environments.end() ? nullptr : &*found;
}

namespace {

/// `values` and `needs` as read_with_secrets() has them.
std::expected<Config, Problems> read_file_with(const std::filesystem::path& file, const std::string& text,
                                               const VariableLookup& lookup,
                                               const std::optional<std::string>& only_environment,
                                               Needed needed, const SecretValues* values,
                                               const ZoneLookup& zones, SecretNeeds& needs) {
  YamlDocument document = parse_yaml(file.native(), text);
  Reading reading(file.native(), text, lookup);
  reading.release_needed = needed == Needed::for_a_release;
  reading.zones = zones;
  reading.add(std::move(document.problems));
  Config config;
  if (document.root && document.root->kind == YamlNode::Kind::mapping)
    config = read_config(*document.root, only_environment, values, needs, reading);
  else if (document.root)
    reading.report(document.root->at,
                   fmt::format("the file must be a mapping of keys, but is {}", document.root->described()));
  config.file = file;
  if (Problems problems = reading.take_problems(); !problems.empty())
    return std::unexpected(std::move(problems));
  return config;
}

}  // namespace

std::expected<SecretNeeds, Problems> secrets_needed(const std::filesystem::path& file,
                                                    const std::string& text, const VariableLookup& lookup,
                                                    const std::optional<std::string>& only_environment,
                                                    Needed needed, const ZoneLookup& zones) {
  SecretNeeds needs;
  auto config = read_file_with(file, text, lookup, only_environment, needed, nullptr, zones, needs);
  if (!config) return std::unexpected(std::move(config.error()));
  return needs;
}

std::expected<Config, Problems> parse_config(const std::filesystem::path& file, const std::string& text,
                                             const VariableLookup& lookup,
                                             const std::optional<std::string>& only_environment,
                                             Needed needed, const SecretValues& values,
                                             const ZoneLookup& zones) {
  SecretNeeds none;
  return read_file_with(file, text, lookup, only_environment, needed, &values, zones, none);
}

}  // namespace belay
