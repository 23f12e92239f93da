#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "model/env_file.hpp"
#include "model/freeze.hpp"
#include "model/hook.hpp"
#include "model/notice_target.hpp"
#include "model/problem.hpp"
#include "model/variables.hpp"

namespace belay {

/// What belay.yml says, resolved: every environment holds all it needs (what it shares with the top level is
/// already merged in). The file's reference is docs/reference/belay-yml.md.

/// One line of the gate: a single command, or several that run at the same time.
struct TestStep {
  std::vector<std::string> commands;
};

struct SyncRules {
  std::vector<std::string> exclude;  // rsync patterns
  bool remove_extraneous = false;    // `delete`: publishing removes what the release does not have
};

/// One migration command. Several rules run one after the other, all at the same point of the deployment.
struct MigrationRule {
  enum class When { before_switch, after_start };
  std::string command;               // run by `sh`; or
  std::vector<std::string> words{};  // a program and its arguments, run without a shell
  When when = When::before_switch;
  std::string service{};      // in whose image; empty: the first released service that has containers
  bool entrypoint = true;     // through the image's ENTRYPOINT, as `docker compose run`
  std::string shown() const;  // the command on one line
  std::chrono::milliseconds timeout{std::chrono::minutes(30)};
};

struct PostgresBackup {
  std::string container, user, database;
  std::string directory = "backups";  // relative to the live directory
  int keep = 5;
  std::chrono::milliseconds timeout{std::chrono::minutes(60)};
};

/// A header line of a health request. Its value may be a secret: it has no place in a plan's JSON.
struct HttpHeader {
  std::string name, value{};
};

/// Whom to ask, and how. `url`, `user`, `password`, `login` and the headers' values are texts with `${NAME}`
/// in them, as belay.yml has them: filled() is what is asked.
struct HealthCheck {
  enum class From { controller, host };
  std::string url;  // without user and password; empty: no request is made; see verify in docs/guide
  From from = From::controller;
  int attempts = 30;
  std::chrono::milliseconds interval{5000};
  std::chrono::milliseconds timeout{5000};  // of one attempt
  int successes = 2;                        // in a row
  std::vector<int> status{};                // what counts as good; empty: 200 to 299
  std::vector<HttpHeader> headers{};
  bool follow_redirects = false;
  std::string user{}, password{};  // basic authentication; the password is in no plan's JSON
  /// "user:password" of the URL, as it stands there, if a variable is in it; in no plan's JSON either.
  std::string login{};

  bool is_good(int answered) const;
  /// With the values in it, and what the URL says of a login in `user` and `password`.
  HealthCheck filled(const Values&) const;
  /// The variables that have no value there, each once.
  std::vector<std::string> missing(const Values&) const;
  /// The URL as people may see it: with "user:***@" if there is a user.
  std::string shown_url() const;
  /// What asks the URL by hand, without its secrets.
  std::string by_hand() const;
  /// How long a release may take to become ready: attempts × interval.
  std::chrono::milliseconds patience() const { return attempts * interval; }
  /// The longest that all attempts can take, each with its own limit.
  std::chrono::milliseconds longest() const { return attempts * (interval + timeout); }
  /// The longest that an app that is healthy can take to pass.
  std::chrono::milliseconds longest_when_healthy() const { return successes * (interval + timeout); }
  /// The same check with as many attempts as it takes to be patient for at least so long.
  HealthCheck with_patience(std::chrono::milliseconds least) const;
};

/// The check of one service. Without a service it is the environment's: it is asked of the service that
/// publishes the URL's port.
struct ServiceHealth {
  std::string service;
  HealthCheck check;
};

/// How the candidate takes over. recreate: the old one is stopped, then it is started; blue-green: it is
/// started beside, and the edge turns the traffic.
/// canary: as blue-green, but the traffic is turned in parts, and what came of it is judged.
enum class Strategy { recreate, blue_green, canary };

/// TLS ends at the edge. The files are the host's: absolute, or relative to the live directory.
struct TlsConfig {
  std::vector<std::string> certificates;  // PEM, each with its chain
  std::vector<std::string> keys;          // one for each, in that order; empty: in the certificates' files
  int port = 443;                         // of those that the services publish
};

boost::json::object tls_to_json(const TlsConfig&);
TlsConfig tls_from_json(const boost::json::object&);

/// The reverse proxy in front of the released services, which owns the ports they publish.
struct EdgeConfig {
  std::string image = "haproxy:3.0";
  std::chrono::milliseconds drain_timeout{30000};  // for the old release's last sessions
  std::chrono::milliseconds hold_timeout{30000};   // of a request that arrives while nothing can answer
  std::optional<TlsConfig> tls;
  std::vector<int> tcp;                          // published ports whose bytes are passed on as they are
  std::vector<std::string> proxy_protocol_from;  // addresses of proxies that say whom they speak for
};

/// How much worse than the current release a candidate may be; see model/judgement.hpp.
struct AbortRule {
  std::optional<int> errors_5xx;  // in hundredths of a percentage point: 100 is 1 %
  std::optional<int> p95;         // in hundredths of the current release's: 200 is twice
};

struct CanaryRule {
  std::vector<int> steps{5, 25, 100};                       // the candidate's share, in percent, ascending
  std::chrono::milliseconds time{std::chrono::minutes(2)};  // of one step
  AbortRule abort_if;
};

/// After the switch, before the commit: the release serves, and is watched.
struct SoakRule {
  std::chrono::milliseconds time{};
  AbortRule abort_if;
};

/// Services that are not released: left as they run, or brought to what the compose file says of them.
enum class Accessories { leave, as_compose };

/// Commands that are run where belay is started, in a checkout of their own, before anything is sent. What
/// they add or change goes into the release.
struct LocalBuild {
  std::vector<TestStep> run;
  std::vector<std::string> ship{};  // what of it goes, relative to the source; empty: all
};

/// Where images come from. host: built there; here: built where belay was started, and sent; image: nothing
/// is built, what the compose file names as `image:` is pulled.
struct BuildRule {
  enum class At { host, here, image };
  At at = At::host;
  std::vector<std::string> with;  // files only the server has, that a build needs; relative to `path`
  std::chrono::milliseconds timeout{std::chrono::minutes(30)};
  std::optional<LocalBuild> local{};
};

/// Who belay is at a registry. It travels beside the plan (wire::Start), lives in memory, and has no form in
/// which it could be written to a journal.
struct RegistryLogin {
  std::string registry;  // as in an image's name: ghcr.io, localhost:5000; docker.io is Docker Hub
  std::string user, password;
};

/// Which pushes deploy an environment; the lists are patterns of model/glob.hpp, and model/push_trigger.hpp
/// decides by them. Of a list and its `ignored` one at most one is not empty.
struct PushTrigger {
  std::vector<std::string> branches, paths;
  std::vector<std::string> ignored_branches{}, tags{}, ignored_tags{}, ignored_paths{};
};

/// Where the values of `${NAME}` come from that the caller's environment does not have: the file first, then
/// the command. It belongs to the controller, and is no part of the JSON.
struct SecretSources {
  std::string file;      // encrypted, relative to belay.yml's directory; empty: none
  std::string command;   // for `sh`, with {name} where the secret's name goes; empty: none
  std::string key_file;  // absolute, or from the home directory (~/…); empty: see control/secret_key.hpp
  bool any() const { return !file.empty() || !command.empty(); }
};

struct HostAddress {
  bool local = false;
  std::string destination;  // as ssh takes it: user@host or a Host of ~/.ssh/config
  std::optional<int> port;
  std::string shown;  // as written, for messages
};

/// A host on the way to another one.
struct JumpHost {
  HostAddress host;
  std::string host_key;  // as an environment's
};

struct EnvironmentConfig {
  std::string name;
  HostAddress host;
  std::string host_key;        // SHA256:… or empty: known_hosts decides
  std::vector<JumpHost> jump;  // the nearest first; empty: ssh's own configuration says the way
  std::filesystem::path path;  // the live directory on the host, absolute
  std::filesystem::path source =
      ".";  // what is shipped, relative to belay.yml's directory; "." is that directory
  /// Relative to the source; empty: those that compose itself would find. Or absolute, all of them: they lie
  /// on the host and in no release, and the services in them that are not released belong to others.
  std::vector<std::string> compose;
  std::vector<std::string>
      services;         // empty: those with `build:`, a {commit}, {version} or value in `image:`
  std::string project;  // compose's -p; empty: compose decides
  std::vector<std::string> env_files;         // compose's --env-file; empty: .env
  std::vector<EnvFile> env_file{};            // those that belay writes
  std::map<std::string, std::string> values;  // of the caller's environment, for interpolation
  Accessories accessories = Accessories::leave;
  BuildRule build;
  std::vector<RegistryLogin> registries;  // no part of the JSON
  SecretSources secrets{};
  std::vector<TestStep> test;
  bool test_git = false;  // the gate's checkout is a repository whose HEAD is the commit
  std::chrono::milliseconds test_timeout{std::chrono::minutes(30)};
  SyncRules sync;
  std::vector<MigrationRule> migrate;
  std::vector<Hook> hooks{};  // of all points, in the order of belay.yml within each
  std::optional<PostgresBackup> backup;
  HealthCheck health;
  std::vector<ServiceHealth> service_health{};  // further checks, each of one service
  std::optional<EdgeConfig> edge;
  Strategy strategy = Strategy::recreate;  // the others only with an edge
  std::vector<std::string> replaced{};     // services that never run twice, whatever the strategy
  std::optional<CanaryRule> canary;        // with that strategy
  std::optional<SoakRule> soak;            // with an edge
  bool rollback = true;
  int keep_releases = 5;
  std::chrono::milliseconds confirm_timeout{std::chrono::seconds(60)};
  std::optional<PushTrigger> on_push;
  std::vector<FreezeWindow> freeze{};  // the controller's; no part of the JSON
  std::vector<NoticeTarget> notify{};  // the controller's; no part of the JSON
  Values notify_values{};              // of the variables in it: the host gets none of them
  /// The values of the variables in health's texts and in commands. In memory only, and no part of the JSON:
  /// they travel beside a plan (wire::Start).
  Values variables{};
  /// Those among them that are no secrets: the key `values`, or one whose text is shown, has them too, or the
  /// value stands in belay.yml itself.
  std::vector<std::string> shown_variables{};

  /// With a strategy that starts the candidate beside what serves: whether this service's has to wait for the
  /// turn.
  bool is_replaced(const std::string& service) const;
  /// Whether the images are built where belay is started, and sent. On this very machine that is the host.
  bool builds_elsewhere() const { return build.at == BuildRule::At::here && !host.local; }
  /// Whether the compose files lie on the host and in no release.
  bool has_compose_on_host() const { return !compose.empty() && compose.front().starts_with('/'); }
  /// Every check that has a URL: the environment's own first.
  std::vector<ServiceHealth> checks() const;
};

struct Config {
  std::filesystem::path file;  // belay.yml itself
  std::string app;
  std::filesystem::path source = ".";  // the top level's; an environment's own `source` is what counts for it
  std::vector<EnvironmentConfig> environments;

  const EnvironmentConfig* find(const std::string& environment) const;
};

/// Which variables have to be set. for_the_way: those a release is made with (`values`, `registries`) may be
/// missing, and are then left out: who looks at logs needs none of them.
enum class Needed { for_a_release, for_the_way };

/// A secret whose value an environment's sources have to give.
struct NeededSecret {
  std::string name;
  Location at;           // where it is used first
  bool required = true;  // false: it only would be masked, should a source have it at hand
};
struct SecretsNeeded {
  std::string app;
  SecretSources sources;
  std::vector<NeededSecret> secrets;
};
/// By the environment's name.
using SecretNeeds = std::map<std::string, SecretsNeeded>;
using SecretValues = std::map<std::string, Values>;

/// What parse_config needs besides the caller's environment. Returns every mistake of the file that can be
/// seen without the secrets, so that no source is asked for a file that is wrong.
std::expected<SecretNeeds, Problems> secrets_needed(
    const std::filesystem::path& file, const std::string& text, const VariableLookup&,
    const std::optional<std::string>& only_environment = std::nullopt, Needed = Needed::for_a_release,
    const ZoneLookup& = {});

/// Parses and validates all of it; on any mistake returns every mistake, in the file's order. Variables of an
/// environment other than `only_environment` need not be set (a staging deployment does not need
/// production's). Without a ZoneLookup, and where only the way is needed, a zone of `freeze` may stay
/// unknown.
std::expected<Config, Problems> parse_config(
    const std::filesystem::path& file, const std::string& text, const VariableLookup&,
    const std::optional<std::string>& only_environment = std::nullopt, Needed = Needed::for_a_release,
    const SecretValues& = {}, const ZoneLookup& = {});

}  // namespace belay
