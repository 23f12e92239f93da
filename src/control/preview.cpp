#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "control/agent.hpp"
#include "control/checks.hpp"
#include "control/compose_inputs.hpp"
#include "control/deployment.hpp"
#include "control/findings.hpp"
#include "control/host_questions.hpp"
#include "control/lifeline.hpp"
#include "control/session.hpp"
#include "control/source.hpp"
#include "drivers/compose_files.hpp"
#include "drivers/git.hpp"
#include "drivers/rsync.hpp"
#include "model/layout.hpp"

namespace belay {

namespace {

/// The files that would differ from what serves: from the current release's source, else from the live
/// directory (a server that was deployed by hand), else all of them.
std::vector<rsync::Change> changed_files(Session& session, const EnvironmentConfig& environment,
                                         const Checkout& checkout, const HostFacts& facts,
                                         std::stop_token stop) {
  rsync::Request request{.from = checkout.source, .to = {}, .exclude = environment.sync.exclude};
  const TemporaryDirectory nothing("belay-plan-");
  if (!facts.current_release.empty()) {
    request.to = session.rsync_target(Layout{environment.path}.source(facts.current_release));
    request.remote_shell = session.remote_shell();
    request.remove_extraneous = true;
  } else if (facts.path_exists) {
    request.to = session.rsync_target(environment.path);
    request.remote_shell = session.remote_shell();
    request.remove_extraneous = environment.sync.remove_extraneous;
    request.exclude.push_back(state_directory_pattern);
  } else {
    request.to = nothing.path().string();
  }
  return rsync::preview(request, std::move(stop), Deadline::in(std::chrono::minutes(5)));
}

void add_unless_ok(std::vector<std::string>& warnings, const Finding& finding) {
  if (finding.weight != Finding::Weight::ok)
    warnings.push_back(finding.subject + ": " + finding.text +
                       (finding.remedy.empty() ? "" : "\n" + finding.remedy));
}

std::vector<std::string> warnings_of(const EnvironmentConfig& environment, const HostFacts& facts,
                                     const std::vector<std::string>& hidden) {
  std::vector<std::string> warnings;
  if (facts.current_release.empty())
    warnings.push_back(
        facts.containers.empty()
            ? "first deployment: nothing serves yet, so there is nothing to go back to"
            : fmt::format("{} was not deployed by belay: it is taken over as the release to go back to",
                          facts.containers.front().name));
  if (environment.edge && facts.edges.empty() && !facts.containers.empty())
    warnings.push_back(
        fmt::format("the edge is new here: it takes over the ports of {}, and while that one stops "
                    "and the edge starts (some tenths of a second) nobody has them",
                    facts.containers.front().name));
  if (!environment.edge && !facts.edges.empty())
    warnings.push_back(
        fmt::format("the edge {} is taken out: while it stops and the new release starts nobody has "
                    "the ports",
                    facts.edges.front().name));
  if (!environment.rollback) warnings.push_back("rollback: false: a release that fails stays as it is");
  if (environment.test.empty())
    warnings.push_back("no test: in belay.yml: nothing is tested before it is shipped");
  add_unless_ok(warnings, checked_excludes(hidden));
  add_unless_ok(warnings, checked_docker(facts));
  add_unless_ok(warnings, checked_compose(facts));
  if (facts.project)
    for (const auto& finding : checked_project(*facts.project)) add_unless_ok(warnings, finding);
  if (facts.project && facts.project->problem.empty()) add_unless_ok(warnings, checked_ports(facts));
  if (environment.backup) add_unless_ok(warnings, checked_backup(facts, *environment.backup));
  add_unless_ok(warnings, checked_boot_recovery(facts, environment.name));
  if (facts.busy) warnings.push_back("a deployment is under way: this one would wait (--wait) or be refused");
  return warnings;
}

/// The tracked files that the excludes keep from being shipped.
std::vector<std::string> hidden_files(const Source& source, const Checkout& checkout,
                                      const EnvironmentConfig& environment, std::stop_token stop) {
  if (!source.repository) return {};
  const auto tracked = git::tracked_files(*source.repository, source.commit.id, source.inside, stop);
  return rsync::hidden_by(environment.sync.exclude, checkout.source, tracked, std::move(stop));
}

}  // namespace

Preview preview(const Config& config, const EnvironmentConfig& environment, const std::string& ref,
                bool dirty, Watcher& watcher, std::stop_token stop) {
  return while_doing("planning a deployment to " + environment.name, [&] {
    ssh_key_from_environment();  // before any child is started
    const Source source = find_source(config.file, environment.source, ref, dirty, watcher, stop);
    Session session = Session::open(environment, watcher, stop, Purpose::look);
    const Lifeline life("belay-plan-");
    const Checkout checkout =
        check_out(source, life.directory() / "source", stop, Deadline::in(std::chrono::minutes(10)));
    Preview found;
    found.facts = ask_facts(session, environment, compose_inputs_of(checkout.source), stop);
    found.plan = plan_deployment(config.app, environment, checkout.commit, this_author(), {});
    found.files = changed_files(session, environment, checkout, found.facts, stop);
    const auto further =
        warnings_of(environment, found.facts, hidden_files(source, checkout, environment, stop));
    found.warnings.insert(found.warnings.end(), further.begin(), further.end());
    return found;
  });
}

}  // namespace belay
