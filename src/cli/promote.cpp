#include <boost/json/object.hpp>
#include <fmt/core.h>

#include "cli/context.hpp"
#include "cli/environment_choice.hpp"
#include "cli/host_question.hpp"

namespace belay::cli {

namespace {

/// Both are said to the deployment that runs on the host, whoever began it.
boost::json::object told(const std::string& what, const std::string& environment, Context& context) {
  const Chosen chosen = choose_environment(context, environment);
  return ask_host(context, chosen, what, {}).as_object();
}

std::string text_at(const boost::json::object& answer, const char* key) {
  return std::string(answer.at(key).as_string());
}

}  // namespace

int run(const command::Promote& asked, Context& context) {
  const auto answer = told("promote", asked.environment, context);
  context.out.line(
      fmt::format("Run {} goes on from its {}.", text_at(answer, "run"), text_at(answer, "step")));
  return 0;
}

int run(const command::Abort& asked, Context& context) {
  const auto answer = told("abort", asked.environment, context);
  context.out.line(fmt::format("Run {} is being undone, from its {}. See it:  belay attach {}",
                               text_at(answer, "run"), text_at(answer, "step"), asked.environment));
  return 0;
}

}  // namespace belay::cli
