#include <boost/json/object.hpp>
#include <fmt/core.h>

#include "cli/context.hpp"
#include "cli/environment_choice.hpp"
#include "cli/host_question.hpp"
#include "control/freeze.hpp"

namespace belay::cli {

namespace {

/// Both are said to the deployment that runs on the host, whoever began it.
boost::json::object told(const std::string& what, const Chosen& chosen, boost::json::object arguments,
                         Context& context) {
  return ask_host(context, chosen, what, std::move(arguments)).as_object();
}

std::string text_at(const boost::json::object& answer, const char* key) {
  return std::string(answer.at(key).as_string());
}

}  // namespace

int run(const command::Promote& asked, Context& context) {
  const Chosen chosen = choose_environment(context, asked.environment);
  const auto reason = reason_during_freeze(chosen.environment(), "belay promote", asked.reason, now());
  boost::json::object arguments;
  if (reason) arguments["reason"] = reason->shown();
  const auto answer = told("promote", chosen, std::move(arguments), context);
  context.out.line(
      fmt::format("Run {} goes on from its {}.", text_at(answer, "run"), text_at(answer, "step")));
  return 0;
}

int run(const command::Abort& asked, Context& context) {
  const auto answer = told("abort", choose_environment(context, asked.environment), {}, context);
  context.out.line(fmt::format("Run {} is being undone, from its {}. See it:  belay attach {}",
                               text_at(answer, "run"), text_at(answer, "step"), asked.environment));
  return 0;
}

}  // namespace belay::cli
