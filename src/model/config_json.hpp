#pragma once

#include <array>

#include "model/config.hpp"
#include "model/json_archive.hpp"

/// How an environment's configuration travels in a plan.
namespace belay {

constexpr auto enum_names(MigrationRule::When) {
  using enum MigrationRule::When;
  return std::to_array<std::pair<MigrationRule::When, std::string_view>>(
      {{before_switch, "before-switch"}, {after_start, "after-start"}});
}

constexpr auto enum_names(HealthCheck::From) {
  using enum HealthCheck::From;
  return std::to_array<std::pair<HealthCheck::From, std::string_view>>(
      {{controller, "controller"}, {host, "host"}});
}

constexpr auto enum_names(Strategy) {
  using enum Strategy;
  return std::to_array<std::pair<Strategy, std::string_view>>(
      {{recreate, "recreate"}, {blue_green, "blue-green"}, {canary, "canary"}});
}

constexpr auto enum_names(Accessories) {
  using enum Accessories;
  return std::to_array<std::pair<Accessories, std::string_view>>(
      {{leave, "leave"}, {as_compose, "as-compose"}});
}

constexpr auto enum_names(BuildRule::At) {
  using enum BuildRule::At;
  return std::to_array<std::pair<BuildRule::At, std::string_view>>(
      {{host, "host"}, {here, "here"}, {image, "image"}});
}

void fields(auto& archive, Is<TestStep> auto& step) {
  archive("commands", step.commands);
}

void fields(auto& archive, Is<SyncRules> auto& sync) {
  archive("exclude", sync.exclude);
  archive("delete", sync.remove_extraneous);
}

void fields(auto& archive, Is<MigrationRule> auto& migrate) {
  archive("command", migrate.command);
  archive("words", migrate.words);
  archive("when", migrate.when);
  archive("service", migrate.service);
  archive("entrypoint", migrate.entrypoint);
  archive("timeout", migrate.timeout);
}

void fields(auto& archive, Is<PostgresBackup> auto& backup) {
  archive.required("container", backup.container);
  archive.required("user", backup.user);
  archive.required("database", backup.database);
  archive("directory", backup.directory);
  archive("keep", backup.keep);
  archive("timeout", backup.timeout);
}

/// Without its value, which may be a secret: see model/secrets.hpp.
void fields(auto& archive, Is<HttpHeader> auto& header) {
  archive.required("name", header.name);
}

void fields(auto& archive, Is<HealthCheck> auto& health) {
  archive("url", health.url);
  archive("from", health.from);
  archive("attempts", health.attempts);
  archive("interval", health.interval);
  archive("timeout", health.timeout);
  archive("successes", health.successes);
  archive("status", health.status);
  archive("headers", health.headers);
  archive("follow_redirects", health.follow_redirects);
  archive("user", health.user);
}

void fields(auto& archive, Is<ServiceHealth> auto& health) {
  archive.required("service", health.service);
  archive.required("check", health.check);
}

void fields(auto& archive, Is<TlsConfig> auto& tls) {
  archive.required("certificates", tls.certificates);
  archive("keys", tls.keys);
  archive("port", tls.port);
}

void fields(auto& archive, Is<EdgeConfig> auto& edge) {
  archive("image", edge.image);
  archive("drain_timeout", edge.drain_timeout);
  archive("hold_timeout", edge.hold_timeout);
  archive("tls", edge.tls);
  archive("tcp", edge.tcp);
  archive("proxy_protocol_from", edge.proxy_protocol_from);
}

void fields(auto& archive, Is<AbortRule> auto& rule) {
  archive("errors_5xx", rule.errors_5xx);
  archive("p95", rule.p95);
}

void fields(auto& archive, Is<CanaryRule> auto& canary) {
  archive("steps", canary.steps);
  archive("time", canary.time);
  archive.required("abort_if", canary.abort_if);
}

void fields(auto& archive, Is<SoakRule> auto& soak) {
  archive("time", soak.time);
  archive.required("abort_if", soak.abort_if);
}

void fields(auto& archive, Is<LocalBuild> auto& local) {
  archive.required("run", local.run);
  archive("ship", local.ship);
}

void fields(auto& archive, Is<BuildRule> auto& build) {
  archive("at", build.at);
  archive("with", build.with);
  archive("timeout", build.timeout);
  archive("local", build.local);
}

void fields(auto& archive, Is<PushTrigger> auto& push) {
  archive("branches", push.branches);
  archive("paths", push.paths);
  archive("branches-ignore", push.ignored_branches);
  archive("tags", push.tags);
  archive("tags-ignore", push.ignored_tags);
  archive("paths-ignore", push.ignored_paths);
}

void fields(auto& archive, Is<HostAddress> auto& host) {
  archive("local", host.local);
  archive("destination", host.destination);
  archive("port", host.port);
  archive("shown", host.shown);
}

/// Not `registries` nor `variables`: a secret must not come into a journal.
void fields(auto& archive, Is<EnvironmentConfig> auto& environment) {
  archive.required("name", environment.name);
  archive("host", environment.host);
  archive("host_key", environment.host_key);
  archive.required("path", environment.path);
  archive("source", environment.source);
  archive.formerly("compose", environment.compose);  // one file's name
  archive("compose_files", environment.compose);
  archive("services", environment.services);
  archive("project", environment.project);
  archive("env_files", environment.env_files);
  archive("values", environment.values);
  archive("accessories", environment.accessories);
  archive("test", environment.test);
  archive("test_git", environment.test_git);
  archive("test_timeout", environment.test_timeout);
  archive("sync", environment.sync);
  archive("migrate", environment.migrate);
  archive("backup", environment.backup);
  archive("health", environment.health);
  archive("service_health", environment.service_health);
  archive("edge", environment.edge);
  archive("strategy", environment.strategy);
  archive("replaced", environment.replaced);
  archive("canary", environment.canary);
  archive("soak", environment.soak);
  archive("rollback", environment.rollback);
  archive("keep_releases", environment.keep_releases);
  archive.formerly("build_timeout", environment.build.timeout);
  archive("build", environment.build);
  archive("confirm_timeout", environment.confirm_timeout);
  archive("on_push", environment.on_push);
  archive("shown_variables", environment.shown_variables);
}

}  // namespace belay
