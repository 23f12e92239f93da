#include "runtime/start_commands.hpp"

#include <boost/json.hpp>

#include "drivers/compose_output.hpp"
#include "model/json_parts.hpp"

namespace belay {

namespace json = boost::json;

namespace {

ContainerCommand command_of(const json::object& hook) {
  ContainerCommand command{.words = texts_at(hook, "command"),
                           .user = text_at(hook, "user"),
                           .directory = text_at(hook, "working_dir"),
                           .privileged = flag_at(hook, "privileged")};
  for (const auto& [name, value] : object_at(hook, "environment"))
    command.environment.push_back(std::string(name) +
                                  (value.is_string() ? "=" + std::string(value.get_string()) : ""));
  return command;
}

}  // namespace

std::vector<ContainerCommand> commands_after_start(const json::object& service) {
  std::vector<ContainerCommand> commands;
  for (const auto& hook : array_at(service, "post_start"))
    if (hook.is_object())
      commands.push_back(command_of(with_texts(hook, compose::with_single_dollars).get_object()));
  return commands;
}

}  // namespace belay
