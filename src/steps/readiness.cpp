#include "steps/readiness.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <boost/json.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "base/clock.hpp"
#include "base/human.hpp"
#include "base/process.hpp"
#include "edge/shape.hpp"
#include "model/labels.hpp"
#include "runtime/attempt.hpp"
#include "runtime/compose_model.hpp"
#include "runtime/freeze.hpp"

namespace belay {

namespace {

constexpr std::chrono::milliseconds shortest_pause{10}, longest_pause{200}, between_own_checks{500};
constexpr auto default_check_time = std::chrono::seconds(30);  // the Engine's
constexpr int last_words = 5;
/// How long a first release without a health URL is given to open a port that it publishes.
constexpr auto port_without_url = std::chrono::seconds(10);

std::chrono::milliseconds time_limit_of_check(const docker::Inspection& inspection) {
  const auto& check = inspection.raw.at("Config").at("Healthcheck").as_object();
  const auto* timeout = check.if_contains("Timeout");
  if (timeout == nullptr || !timeout->is_int64() || timeout->as_int64() <= 0) return default_check_time;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds(timeout->as_int64()));
}

/// What an attempt made, and for what: both stay the same while belay looks at its containers.
struct Candidates {
  Release release;
  std::vector<docker::Container> containers;
};

Candidates candidates_now(const Context& context) {
  auto release = release_of(context);
  auto containers = candidates_of(context, release);
  return {std::move(release), std::move(containers)};
}

std::map<std::string, RestartRule> restart_rules(const Context& context, const Candidates& candidates) {
  std::map<std::string, RestartRule> rules;
  for (const auto& service : candidates.release.services)
    for (std::size_t i = 0; i < service.containers.size(); ++i)
      for (const auto& candidate : candidates.containers)
        if (candidate.name == candidate_name(service.container_names.at(i), context.nonce)) {
          const auto policy = restart_policy_of(service.containers[i]);
          rules[candidate.id] = {policy.name, policy.maximum};
        }
  return rules;
}

std::string name_of_container(const Context& context, const std::string& id) {
  const auto inspection = context.engine.inspect(id);
  return inspection ? inspection->container.name : id.substr(0, 12);
}

/// How long a container without a HEALTHCHECK counts as coming up.
constexpr auto coming_up = std::chrono::seconds(60);

bool comes_up(const docker::Inspection& found) {
  if (!found.container.running()) return false;
  return found.health.empty() ? now() - found.started < coming_up : found.health == "starting";
}

/// The released services that this one depends on, directly or not.
std::set<std::string> needed_by(const Release& release, const std::string& service) {
  std::set<std::string> needed;
  std::vector<std::string> left{service};
  while (!left.empty()) {
    const auto one = std::ranges::find(release.services, left.back(), &ReleasedService::name);
    left.pop_back();
    if (one == release.services.end()) continue;
    for (const auto& on : one->dependencies)
      if (needed.insert(on.service).second) left.push_back(on.service);
  }
  needed.erase(service);
  return needed;
}

/// Whether something comes up that the candidate may be waiting for: a service that it depends on, or one of
/// the project that is not released, such as its database.
bool may_wait_for_others(const Context& context, const Release& release, const docker::Container& candidate) {
  const auto needed = needed_by(release, service_of(candidate));
  const auto& project = candidate.labels.at(compose_label::project);
  for (const auto& other :
       context.engine.containers({fmt::format("{}={}", compose_label::project, project)})) {
    const auto service = service_of(other);
    const bool released =
        std::ranges::find(release.services, service, &ReleasedService::name) != release.services.end();
    if (other.id == candidate.id || service == edge_service || (released && !needed.contains(service)))
      continue;
    if (const auto found = context.engine.inspect(other.id); found && comes_up(*found)) return true;
  }
  return false;
}

/// The Engine's words about a container's end, and its own last ones.
void tell_restart(Context& context, StepName step, const ContainerWatch::Death& death,
                  const std::string& policy) {
  context.ledger.output(step, fmt::format("{} {}; started again, since its restart policy is {}",
                                          name_of_container(context, death.id), death.how, policy));
  try {
    for (const auto& line : context.engine.last_log_lines(death.id, last_words))
      context.ledger.output(step, "  " + line);
  } catch (const Error& no_log) {
    context.ledger.output(step, "  (no log: " + no_log.message() + ")");
  }
}

/// What keeps one candidate from being ready; a sentence, or nothing.
class Readiness {
 public:
  Readiness(Context& context, const Candidates& candidates, const ReadinessRules& rules, std::stop_token stop)
      : context_(context), rules_(rules), stop_(std::move(stop)) {
    for (auto& id : may_end(candidates.containers, candidates.release)) may_end_.insert(std::move(id));
    if (const auto before = noted<notes::AcceptingServices>(context.ledger))
      accepting_before_.insert(before->value.begin(), before->value.end());
  }

  /// Of those that are ready, but were not seen to accept at a port: a sentence each.
  std::vector<std::string> silent() const {
    std::vector<std::string> sentences;
    sentences.reserve(silent_.size());
    for (const auto& [id, sentence] : silent_) sentences.push_back(sentence);
    return sentences;
  }

  std::string missing(const HealthTarget& target) {
    const auto& container = target.container.container;
    if (rules_.without_replaced && context_.environment().is_replaced(target.service)) return {};
    if (target.container.ended_well() && may_end_.contains(container.id)) return {};
    if (!container.running()) return fmt::format("{} is {}", container.name, container.state);
    const bool asked = target.check.has_value();
    if (!asked || rules_.healthcheck_of_asked)
      if (auto text = missing_by_healthcheck(target.container); !text.empty()) return text;
    if (target.port && target.port_must_accept && rules_.port_of_asked &&
        listening(*target.port) == http::Listens::no)
      return fmt::format("the port {} of {} does not accept connections", target.port->port, container.name);
    const bool no_url = context_.environment().checks().empty();
    bool proven = asked || !target.container.health.empty();
    if (!proven)
      if (auto text = missing_by_ports(target, no_url, proven); !text.empty()) return text;
    if ((no_url || !proven) && now() - target.container.started < rules_.quiet)
      return fmt::format("{} has not run for {} yet", container.name, human_duration(rules_.quiet));
    return {};
  }

 private:
  std::string missing_by_healthcheck(const docker::Inspection& inspection) {
    const auto& name = inspection.container.name;
    if (inspection.health == "unhealthy") return fmt::format("the HEALTHCHECK of {} says unhealthy", name);
    if (inspection.health != "starting" || own_check_passes(inspection)) return {};
    return fmt::format("the HEALTHCHECK of {} does not pass yet", name);
  }

  /// Runs the HEALTHCHECK as the Engine would, which may wait an interval before it does.
  bool own_check_passes(const docker::Inspection& inspection) {
    auto& next = next_own_check_.try_emplace(inspection.container.id, Deadline::in({})).first->second;
    if (!next.expired()) return false;
    auto argv = healthcheck_command(inspection);
    argv.insert(argv.begin(), {"docker", "exec", inspection.container.id});
    const bool passes =
        capture({.argv = std::move(argv)}, stop_, Deadline::in(time_limit_of_check(inspection))).ok();
    next = Deadline::in(between_own_checks);
    return passes;
  }

  /// `accepts`: one of them does.
  std::string missing_by_ports(const HealthTarget& target, bool no_url, bool& accepts) {
    const auto& name = target.container.container.name;
    bool refused = false;
    silent_.erase(target.container.container.id);  // the last look counts: an IPv6 address takes a moment
    for (const auto& port : target.further) {
      const auto found = listening(port);
      accepts = accepts || found == http::Listens::yes;
      refused = refused || found == http::Listens::no;
    }
    // As in a network of macvlan.
    if (!accepts && !refused && !target.further.empty())
      silent_[target.container.container.id] = fmt::format(
          "no address of {} can be reached from this host: whether it listens was not seen", name);
    if (accepts || !refused || !target.publishes) return {};
    auto sentence = fmt::format("no port that {} publishes accepts connections", name);
    if (no_url && accepting_before_.contains(target.service)) return sentence;
    if (now() - target.container.started <
        std::max(rules_.published_port, no_url ? port_without_url : rules_.quiet))
      return sentence + " yet";
    silent_[target.container.container.id] = std::move(sentence);
    return {};
  }

  Context& context_;
  const ReadinessRules& rules_;
  std::stop_token stop_;
  std::set<std::string> may_end_, accepting_before_;
  std::map<std::string, std::string> silent_;
  std::map<std::string, Deadline> next_own_check_;
};

/// The health check's patience, or that of a HEALTHCHECK that asks for more.
std::chrono::milliseconds patience_with(const Context& context, const std::vector<HealthTarget>& targets) {
  auto patience = context.environment().health.patience();
  for (const auto& target : targets) {
    if (target.check) patience = std::max(patience, target.check->patience());
    patience = std::max(patience, healthcheck_patience(target.container));
  }
  return patience;
}

}  // namespace

void require_whole(const Context& context, std::size_t containers) {
  const auto made = noted<notes::ContainersToMake>(context.ledger).value_or(notes::ContainersToMake{}).value;
  if (std::cmp_less(containers, made))
    throw Error("the candidate is not whole",
                fmt::format("{} of its {} containers were removed, but not by belay",
                            made - static_cast<int>(containers), made),
                "was docker container prune run on the host? Deploy again");
}

namespace {

/// Throws Error unless all of them are there.
std::vector<docker::Inspection> inspections_of(const Context& context, const Candidates& candidates) {
  std::vector<docker::Inspection> found;
  for (const auto& candidate : candidates.containers)
    if (auto inspection = context.engine.inspect(candidate.id)) found.push_back(std::move(*inspection));
  require_whole(context, found.size());
  return found;
}

std::vector<HealthTarget> targets_of(const Context& context, const Candidates& candidates) {
  auto containers = inspections_of(context, candidates);
  // A URL may lead to a service that runs unchanged: then no candidate is asked in its place.
  if (const auto unchanged = unchanged_services(context); !unchanged.empty())
    for (const auto& service : candidates.release.services)
      if (std::ranges::find(unchanged, service.name) != unchanged.end())
        for (const auto& name : service.container_names)
          if (auto inspection = context.engine.inspect(name)) containers.push_back(std::move(*inspection));
  auto targets = health_targets(context.environment(), std::move(containers), context.variables);
  std::erase_if(targets, [&](const HealthTarget& target) {
    return std::ranges::find(candidates.containers, target.container.container.id, &docker::Container::id) ==
           candidates.containers.end();
  });
  return targets;
}

}  // namespace

std::vector<HealthTarget> candidate_targets(const Context& context) {
  return targets_of(context, candidates_now(context));
}

void watch_candidates(Context& context, StepName step, std::vector<docker::Container> containers) {
  Candidates candidates{release_of(context), std::move(containers)};
  ContainerWatch::Rules rules{.restarts = restart_rules(context, candidates)};
  for (auto& id : may_end(candidates.containers, candidates.release)) rules.may_end.insert(std::move(id));
  for (const auto& inspection : inspections_of(context, candidates))
    if (inspection.container.state == "exited") rules.ended[inspection.container.id] = inspection.started;
  rules.told = [&context, step, restarts = rules.restarts](const ContainerWatch::Death& death) {
    tell_restart(context, step, death, restarts.at(death.id).policy);
  };
  auto ids = ids_of(candidates.containers);
  rules.may_wait = [&context, all = std::move(candidates)](const std::string& id) {
    const auto candidate = std::ranges::find(all.containers, id, &docker::Container::id);
    return candidate != all.containers.end() && may_wait_for_others(context, all.release, *candidate);
  };
  context.watch = std::make_unique<ContainerWatch>(context.engine, std::move(ids), std::move(rules));
}

std::vector<std::string> wait_until_ready(Context& context, const ReadinessRules& rules,
                                          std::stop_token stop) {
  const auto candidates = candidates_now(context);
  Readiness readiness(context, candidates, rules, stop);
  const auto began = SteadyClock::now();
  auto targets = targets_of(context, candidates);
  const auto limit = Deadline::in(std::max(patience_with(context, targets), rules.quiet) + rules.quiet);
  while (!stop.stop_requested()) {
    if (targets.empty() && unchanged_services(context).empty())
      throw Error("the candidates' containers are gone", {}, "deploy again");
    std::string missing, id;
    for (const auto& target : targets) {
      if (missing = readiness.missing(target); missing.empty()) continue;
      id = target.container.container.id;
      break;
    }
    if (missing.empty()) return readiness.silent();
    if (limit.expired())
      throw failure_of(
          context, id,
          Error("the candidate did not become ready", missing, "its last log lines may say why"));
    // Seldom where it takes long: each look is some questions to the Engine.
    pause(std::clamp<std::chrono::milliseconds>(since(began) / 8, shortest_pause, longest_pause));
    targets = targets_of(context, candidates);
  }
  return {};
}

AttemptSink attempts_shown(Context& context, StepName step, const HealthCheck& check) {
  return [&context, step, attempts = check.attempts](int attempt, const std::string& finding) {
    context.ledger.progress(step, attempt, attempts, "attempts");
    context.ledger.output(step, finding);
  };
}

namespace {

/// What the failure of this container's release is to tell besides; lines.
std::vector<std::string> known_of(const Context& context, const std::string& id,
                                  const docker::Inspection& found) {
  std::vector<std::string> lines;
  const auto death = context.watch ? context.watch->last_death_of(id) : std::nullopt;
  if (death && !context.watch->death())
    lines.push_back(fmt::format("{} died {} while it was tried, and {} at last", found.container.name,
                                death->number == 1 ? "once" : fmt::format("{} times", death->number),
                                death->how));
  if (found.health != "unhealthy" && found.health != "starting") return lines;
  const auto outputs = healthcheck_outputs(found);
  if (outputs.empty()) return lines;
  lines.emplace_back("its HEALTHCHECK said:");
  lines.insert(lines.end(), outputs.begin(), outputs.end());
  return lines;
}

}  // namespace

Error failure_of(Context& context, const std::string& container_id, Error error) {
  context.at_fault = container_id;
  const auto inspection = context.engine.inspect(container_id);
  if (!inspection) return error;
  const auto known = known_of(context, container_id, *inspection);
  if (known.empty()) return error;
  return Error(error.message(),
               fmt::format("{}{}{}", error.why(), error.why().empty() ? "" : "\n", fmt::join(known, "\n")),
               error.next(), error.exit_code());
}

void throw_if_candidate_died(Context& context) {
  if (const auto death = context.watch ? context.watch->death() : std::nullopt)
    throw failure_of(
        context, death->id,
        Error(fmt::format("the candidate {} {}", name_of_container(context, death->id), death->how), {},
              "its last log lines say why"));
  if (context.stop.stop_requested()) throw Error("cancelled", {}, {});
}

}  // namespace belay
