
#include <boost/json.hpp>
#include <fmt/core.h>

#include "base/clock.hpp"
#include "drivers/docker_call.hpp"
#include "drivers/docker_logs.hpp"

namespace belay::docker {

namespace {

namespace json = boost::json;

constexpr auto between_looks = std::chrono::milliseconds(20);

json::object body_of(const ContainerCommand& command) {
  return {{"Cmd", json::value_from(command.words)},
          {"User", command.user},
          {"WorkingDir", command.directory},
          {"Env", json::value_from(command.environment)},
          {"Privileged", command.privileged},
          {"AttachStdout", true},
          {"AttachStderr", true}};
}

}  // namespace

int Engine::exec(const std::string& id, const ContainerCommand& command, const LineSink& sink,
                 const std::stop_token& stop, Deadline deadline) const {
  const std::string what_failed = "running a command in container " + id.substr(0, 40) + " failed";
  Call make = request("POST", "/containers/" + encoded(id) + "/exec");
  make.body = body_of(command);
  const Reply made = ask(make, what_failed);
  if (!made.ok()) throw refused(what_failed, made);
  const json::value answer = parsed(made.body, what_failed);
  const std::string exec = answer.is_object() ? text_at(answer.get_object(), "Id") : "";

  LogLines splitter(true, sink);
  Call start = request("POST", "/exec/" + encoded(exec) + "/start");
  start.body = json::object{{"Detach", false}, {"Tty", false}};
  start.stop = stop;
  start.deadline = deadline;
  start.on_bytes = [&](std::string_view bytes) { return splitter.feed(bytes), true; };
  stream(start, what_failed);
  splitter.finish();

  // The stream may end a moment before the Engine knows, and long before where the command closes it; or for
  // want of time.
  while (true) {
    const json::value found = get("/exec/" + encoded(exec) + "/json");
    if (!found.is_object()) throw Error(what_failed, "the Docker Engine's answer is not an object");
    if (!flag_at(found.get_object(), "Running"))
      return static_cast<int>(number_at(found.get_object(), "ExitCode"));
    if (stop.stop_requested()) throw Error(what_failed, "it was stopped");
    if (deadline.expired()) throw Error(what_failed, "it did not end in time");
    pause(between_looks);
  }
}

}  // namespace belay::docker
