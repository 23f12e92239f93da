#include "runtime/start_commands.hpp"

#include <boost/json.hpp>

#include "drivers/compose_output.hpp"
#include "model/json_parts.hpp"

namespace belay {

namespace json = boost::json;

namespace {

std::string text_of(const json::value& value) {
  return value.is_string() ? compose::with_single_dollars(std::string(value.get_string()))
                           : json::serialize(value);
}

ContainerCommand command_of(const json::object& hook) {
  ContainerCommand command{.user = text_of(json::string(text_at(hook, "user"))),
                           .directory = text_of(json::string(text_at(hook, "working_dir"))),
                           .privileged = flag_at(hook, "privileged")};
  for (const auto& word : array_at(hook, "command")) command.words.push_back(text_of(word));
  for (const auto& [name, value] : object_at(hook, "environment"))
    command.environment.push_back(value.is_null() ? std::string(name)
                                                  : std::string(name) + "=" + text_of(value));
  return command;
}

}  // namespace

std::vector<ContainerCommand> commands_after_start(const json::object& service) {
  std::vector<ContainerCommand> commands;
  for (const auto& hook : array_at(service, "post_start"))
    if (hook.is_object()) commands.push_back(command_of(hook.get_object()));
  return commands;
}

}  // namespace belay
