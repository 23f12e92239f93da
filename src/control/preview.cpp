#include <fmt/core.h>

#include "base/error.hpp"
#include "control/agent.hpp"
#include "control/changed_files.hpp"
#include "control/checks.hpp"
#include "control/deployment.hpp"
#include "control/findings.hpp"
#include "control/freeze.hpp"
#include "control/host_questions.hpp"
#include "control/lifeline.hpp"
#include "control/missing_contents.hpp"
#include "control/session.hpp"
#include "control/source.hpp"
#include "control/tree_space.hpp"

namespace belay {

namespace {

void add_unless_ok(std::vector<std::string>& warnings, const Finding& finding) {
  if (finding.weight != Finding::Weight::ok)
    warnings.push_back(finding.subject + ": " + finding.text +
                       (finding.remedy.empty() ? "" : "\n" + finding.remedy));
}

std::string http_of_new_edge(const HostFacts& facts, const EdgeConfig& edge) {
  const auto http = http_at_edge(facts, edge);
  return http.empty() ? "" : "\n" + http + ": a port of another protocol has to be in edge: { tcp: [PORT] }";
}

std::vector<std::string> warnings_of(const EnvironmentConfig& environment, const HostFacts& facts,
                                     const std::vector<Finding>& on_host,
                                     const std::vector<std::string>& hidden) {
  std::vector<std::string> warnings;
  if (facts.current_release.empty())
    warnings.push_back(
        facts.containers.empty()
            ? "first deployment: nothing serves yet, so there is no release to roll back to"
            : fmt::format("{} was not deployed by belay: belay adopts it as the release to roll back to",
                          facts.containers.front().name));
  if (environment.edge && facts.edges.empty() && !facts.containers.empty())
    warnings.push_back(
        fmt::format("the edge is new here: it takes over the ports of {}, and while that one stops "
                    "and the edge starts (some tenths of a second) no process has the ports{}",
                    facts.containers.front().name, http_of_new_edge(facts, *environment.edge)));
  if (!environment.edge && !facts.edges.empty())
    warnings.push_back(fmt::format(
        "the edge {} is taken out: while it stops and the new release starts, no process has the ports",
        facts.edges.front().name));
  if (!environment.rollback) warnings.push_back("rollback: false: belay leaves a failed release as it is");
  if (environment.build.local)
    warnings.push_back(
        "build.local: a plan does not run its commands, and the files that they make are not in the list");
  if (environment.test.empty())
    warnings.push_back("no test: in belay.yml: belay ships the source without a test");
  add_unless_ok(warnings, checked_excludes(hidden));
  for (const auto& finding : on_host) add_unless_ok(warnings, finding);
  if (const auto login = checked_login(facts)) add_unless_ok(warnings, *login);
  add_unless_ok(warnings, checked_boot_recovery(facts, environment.name));
  if (const auto freeze = checked_freeze(environment, now())) add_unless_ok(warnings, *freeze);
  if (facts.busy)
    warnings.push_back("a deployment is running: another one would wait (--wait) or be refused");
  return warnings;
}

}  // namespace

Preview preview(const Config& config, const EnvironmentConfig& environment, const std::string& ref,
                bool dirty, Watcher& watcher, std::stop_token stop) {
  return while_doing("planning a deployment to " + environment.name, [&] {
    ssh_key_from_environment();  // before any child is started
    const Source source = find_source(config.file, environment.source, ref, dirty, watcher, stop);
    Session session = Session::open(environment, watcher, stop, Purpose::look);
    const Lifeline life(tree_space(), "plan-");
    const Checkout checkout =
        check_out(source, life.directory() / "source", stop, Deadline::in(std::chrono::minutes(10)));
    require_contents(checkout, environment.sync.exclude, stop);
    Preview found;
    const auto hidden = hidden_files(source, checkout, environment.sync.exclude, stop);
    const Shipped shipped{checkout.source, hidden, source.repository};
    found.facts = ask_facts(session, environment, shipped, stop);
    const auto on_host = checked_host(environment, found.facts, bytes_in(checkout.source));
    found.refused = has_problem(on_host);
    found.plan = plan_deployment(config.app, environment, checkout.commit, this_author(), {});
    found.files = changed_files(session, environment, checkout, found.facts, stop);
    const auto further = warnings_of(environment, found.facts, on_host, hidden);
    if (!found.facts.current_release.empty())
      add_unless_ok(found.warnings,
                    checked_edits(ask_what_was_edited(session, shipped, found.facts, found.files, stop)));
    found.warnings.insert(found.warnings.end(), further.begin(), further.end());
    return found;
  });
}

}  // namespace belay
