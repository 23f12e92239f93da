#include "cli/host_question.hpp"

#include <chrono>

#include <boost/json/array.hpp>
#include <fmt/core.h>

#include "cli/quiet_watcher.hpp"

namespace belay::cli {
namespace {

constexpr std::chrono::seconds answer_limit{
    60};  // generous: a health request on the host is part of some answers

std::string list_of(const std::vector<RunningContainer>& containers) {
  std::string list;
  for (const RunningContainer& one : containers)
    list += fmt::format("{}{} (service {}, {})", list.empty() ? "" : ", ", one.name, one.service, one.state);
  return list.empty() ? "none" : list;
}

}  // namespace

Session open_session(Context& context, const Chosen& chosen) {
  QuietWatcher watcher(context.err, context.err_surface.style);
  return Session::open(chosen.environment(), watcher, context.stop(), Purpose::look);
}

boost::json::value ask_host(Context& context, const Chosen& chosen, const std::string& about,
                            boost::json::object arguments) {
  Session session = open_session(context, chosen);
  return session.ask(about, std::move(arguments), context.stop(), Deadline::in(answer_limit));
}

std::vector<RunningContainer> containers_of(Context& context, Session& session, const Chosen& chosen) {
  const auto& services = chosen.environment().services;
  const auto& files = chosen.environment().compose;
  boost::json::object about{{"services", boost::json::array(services.begin(), services.end())},
                            {"compose", boost::json::array(files.begin(), files.end())},
                            {"ports", boost::json::array()},
                            {"backup_container", ""}};
  const auto answer = session.ask("facts", std::move(about), context.stop(), Deadline::in(answer_limit));
  HostFacts facts = facts_from_json(answer.as_object());
  if (!facts.docker_problem.empty())
    throw Error("Docker does not answer on the host", facts.docker_problem,
                fmt::format("belay check {} looks closer.", chosen.name));
  return std::move(facts.containers);
}

std::vector<RunningContainer> containers_named(const std::vector<RunningContainer>& all,
                                               const std::string& wanted, const std::string& environment) {
  std::vector<RunningContainer> found;
  for (const RunningContainer& one : all)
    if (wanted.empty() || one.service == wanted || one.name == wanted) found.push_back(one);
  if (!found.empty()) return found;
  if (all.empty())
    throw Error(fmt::format("nothing of {} is on the host", environment), "",
                fmt::format("belay deploy {} brings it there.", environment), ExitCode::failed);
  throw Error(fmt::format("{} has no service or container '{}'", environment, wanted), "",
              "There are: " + list_of(all), ExitCode::bad_input);
}

RunningContainer the_container(const std::vector<RunningContainer>& containers,
                               const std::string& how_to_choose) {
  if (containers.size() == 1) return containers.front();
  // Of a stopped one and a running one (left from before), the running one is meant.
  const RunningContainer* running = nullptr;
  int count = 0;
  for (const RunningContainer& one : containers)
    if (one.state == "running") {
      running = &one;
      ++count;
    }
  if (count == 1) return *running;
  throw Error("which container?", "", fmt::format("There are: {}\n{}", list_of(containers), how_to_choose),
              ExitCode::bad_input);
}

}  // namespace belay::cli
