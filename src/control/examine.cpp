#include <algorithm>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/nearest.hpp"
#include "control/agent.hpp"
#include "control/build_here.hpp"
#include "control/changed_files.hpp"
#include "control/checks.hpp"
#include "control/findings.hpp"
#include "control/freeze.hpp"
#include "control/host_questions.hpp"
#include "control/lifeline.hpp"
#include "control/missing_contents.hpp"
#include "control/session.hpp"
#include "control/source.hpp"
#include "control/tree_space.hpp"
#include "drivers/compose_files.hpp"
#include "drivers/rsync.hpp"

namespace belay {

namespace {

using Weight = Finding::Weight;

/// Looks at one thing after the other; what cannot be looked at is a finding too, and the rest is looked at
/// all the same.
class Examination {
 public:
  Examination(const Config& config, const EnvironmentConfig& environment, Watcher& watcher,
              std::stop_token stop)
      : config_(config),
        environment_(environment),
        watcher_(watcher),
        stop_(std::move(stop)),
        life_(tree_space(), "check-") {}

  std::vector<Finding> findings() {
    attempt("freeze", [this] {
      if (auto freeze = checked_freeze(environment_, now())) add(std::move(*freeze));
    });
    attempt("source", [this] { look_at_source(); });
    attempt("rsync", [this] { add(checked_rsync(rsync::version(stop_), "here")); });
    if (environment_.builds_elsewhere())
      attempt("builder",
              [this] { add({Weight::ok, "builder", "build: here has " + require_builder_here(stop_), {}}); });
    if (attempt("ssh", [this] { connect(); })) {
      attempt("host", [this] { look_at_host(); });
    }
    return std::move(findings_);
  }

 private:
  void add(Finding finding) { findings_.push_back(std::move(finding)); }

  /// Caught here, because what is wrong is exactly what was asked for.
  template <class Look>
  bool attempt(const std::string& subject, const Look& look) {
    try {
      look();
      return true;
    } catch (const Error& error) {
      if (stop_.stop_requested()) throw;
      add({Weight::problem, subject, error.message() + (error.why().empty() ? "" : "\n" + error.why()),
           error.next()});
      return false;
    }
  }

  void look_at_source() {
    source_ = find_source(config_.file, environment_.source, "HEAD", false, watcher_, stop_);
    checkout_ =
        check_out(*source_, life_.directory() / "source", stop_, Deadline::in(std::chrono::minutes(10)));
    for (const auto& file : environment_.compose)
      if (!environment_.has_compose_on_host() && !fs::is_regular_file(checkout_->source / file))
        add({Weight::problem, "compose file",
             fmt::format("commit {} has no {}", source_->commit.abbreviated(),
                         (source_->inside / file).string()),
             "commit it, or correct compose: in belay.yml"});
    hidden_ = hidden_files(*source_, *checkout_, environment_.sync.exclude, stop_);
    add(checked_excludes(hidden_));
    for (Finding& found : missing_contents(*checkout_, environment_.sync.exclude, stop_))
      add(std::move(found));
  }

  void connect() {
    session_.emplace(Session::open(environment_, watcher_, stop_, Purpose::look));
    if (environment_.host.local) {
      add({Weight::ok, "host", "this machine", {}});
      return;
    }
    add({Weight::ok,
         "ssh",
         fmt::format("logged in on {} ({})", session_->hello().hostname, session_->hello().architecture),
         {}});
    look_for_room_in_connection();
    for (const auto& key : session_->host_keys()) add(checked_host_key(key));
  }

  /// rsync, and each program that is run there, has a session of its own over the one connection.
  void look_for_room_in_connection() {
    const auto second = session_->capture_there({"true"}, "", stop_, Deadline::in(std::chrono::seconds(20)));
    if (second.ok()) return;
    const bool refused = second.err.contains("Session open refused");
    add({Weight::problem, "ssh",
         "a second session over the connection failed: " +
             (second.err.empty() ? second.outcome.described() : second.err),
         refused ? "MaxSessions in that host's sshd_config is too low: 10, its default, is enough"
                 : "check whether the host is overloaded, or the connection was lost"});
  }

  void look_at_host() {
    const auto asked = now();
    const auto shipped = checkout_ ? Shipped{checkout_->source, hidden_, source_->repository} : Shipped{};
    const HostFacts facts = ask_facts(*session_, environment_, shipped, stop_);
    const auto under_way = now() - asked;
    add(checked_clock(facts.clock - asked - under_way / 2, under_way / 2));
    for (auto& finding : checked_host(environment_, facts, checkout_ ? bytes_in(checkout_->source) : 0))
      add(std::move(finding));
    add(checked_releases(facts));
    add(checked_boot_recovery(facts, environment_.name));
    if (const auto login = checked_login(facts)) add(*login);
    if (checkout_ && !facts.current_release.empty() && !facts.rsync_version.empty())
      attempt("edited files", [&] {
        const auto changes = changed_files(*session_, environment_, *checkout_, facts, stop_);
        add(checked_edits(ask_what_was_edited(*session_, shipped, facts, changes, stop_)));
      });
  }

  const Config& config_;
  const EnvironmentConfig& environment_;
  Watcher& watcher_;
  std::stop_token stop_;
  Lifeline life_;
  std::vector<Finding> findings_;
  std::optional<Source> source_;
  std::optional<Checkout> checkout_;
  std::vector<std::string> hidden_;
  std::optional<Session> session_;
};

}  // namespace

std::vector<Finding> examine(const Config& config, const EnvironmentConfig& environment, Watcher& watcher,
                             std::stop_token stop) {
  ssh_key_from_environment();  // before any child is started
  return Examination(config, environment, watcher, std::move(stop)).findings();
}

}  // namespace belay
