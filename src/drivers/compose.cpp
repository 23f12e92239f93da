#include "drivers/compose.hpp"

#include <cstdlib>
#include <deque>
#include <filesystem>

#include <boost/json/parse.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "base/error.hpp"
#include "drivers/program.hpp"

namespace belay::compose {
namespace {

const std::string install_hint =
    "install Docker's package docker-compose-plugin (Debian 13: docker-compose), version 2.20 or newer";

/// Compose's own program, where Docker keeps its plugins (docs.docker.com/compose/install/linux): run without
/// the `docker` before it, each call is 30 ms faster. Else that.
std::vector<std::string> program() {
  std::vector<std::filesystem::path> places{"/usr/local/lib/docker", "/usr/local/libexec/docker",
                                            "/usr/lib/docker", "/usr/libexec/docker"};
  const char* config = std::getenv("DOCKER_CONFIG");
  const char* home = std::getenv("HOME");
  if (config != nullptr)
    places.insert(places.begin(), config);
  else if (home != nullptr)
    places.insert(places.begin(), std::filesystem::path(home) / ".docker");
  for (const auto& place : places) {
    const auto plugin = place / "cli-plugins" / "docker-compose";
    if (::access(plugin.c_str(), X_OK) == 0) return {plugin.string()};
  }
  return {"docker", "compose"};
}

Command command(const Project& project, const std::vector<std::string>& arguments) {
  Command made{.argv = program()};
  made.argv.insert(made.argv.end(), {"--ansi", "never", "--progress", "plain"});
  for (const std::string& part : {std::string("--project-directory"), project.directory.string(),
                                  std::string("--file"), project.file.string()})
    made.argv.push_back(part);
  if (!project.name.empty()) made.argv.insert(made.argv.end(), {"--project-name", project.name});
  made.argv.insert(made.argv.end(), arguments.begin(), arguments.end());
  // The directory's .env is the model's; an inherited file list or profile of the caller's shell is not.
  made.unset = {"COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR"};
  return made;
}

std::string output(const Project& project, const std::vector<std::string>& arguments,
                   const std::string& what_failed, std::stop_token stop, Deadline deadline) {
  const Captured captured = capture(command(project, arguments), std::move(stop), deadline);
  require_success(captured, what_failed, "try it by hand: " + command(project, arguments).shown());
  return captured.out;
}

/// Runs it, showing each line of both streams; the Error carries the last ones.
void run_shown(const Project& project, const std::vector<std::string>& arguments,
               const std::string& what_failed, const LineSink& sink, std::stop_token stop,
               Deadline deadline) {
  std::deque<std::string> last;
  const Command wanted = command(project, arguments);
  const Outcome outcome = run(wanted, std::move(stop), deadline, [&](Stream, std::string_view line) {
    last.emplace_back(line);
    if (last.size() > 30) last.pop_front();
    if (sink) sink(last.back());
  });
  if (outcome.ok()) return;
  std::string why = outcome.described();
  for (const std::string& line : last) why += "\n" + line;
  throw Error(what_failed, why, "try it by hand: " + wanted.shown());
}

}  // namespace

std::string version(std::stop_token stop) {
  if (!program_exists("docker"))
    throw Error("Docker is missing", "there is no program `docker` on the PATH",
                "install Docker's Engine and client");
  Command asked{.argv = program()};
  asked.argv.insert(asked.argv.end(), {"version", "--short"});
  const Captured captured = capture(asked, std::move(stop), Deadline::in(std::chrono::seconds(20)));
  require_success(captured, "Docker Compose v2 is missing", install_hint);
  const std::string number = version_in(captured.out);
  if (number.empty()) throw Error("Docker Compose does not say its version", captured.out, install_hint);
  return number;
}

boost::json::object resolved(const Project& project, std::stop_token stop, Deadline deadline) {
  const std::string what_failed = "resolving " + project.file.string() + " failed";
  const std::string text =
      output(project, {"config", "--format", "json"}, what_failed, std::move(stop), deadline);
  boost::json::error_code bad;
  boost::json::value model = boost::json::parse(text, bad);
  if (bad || !model.is_object()) throw Error(what_failed, "docker compose config printed no JSON object");
  return std::move(model.get_object());
}

std::string service_hash(const Project& project, const std::string& service, std::stop_token stop,
                         Deadline deadline) {
  const std::string what_failed = "asking compose for the hash of service " + service + " failed";
  const std::string text =
      output(project, {"config", "--hash", service}, what_failed, std::move(stop), deadline);
  // "backend 4f2a…"
  const auto space = text.find(' ');
  const auto end = text.find_last_not_of(" \n");
  if (space == std::string::npos || text.substr(0, space) != service || end <= space)
    throw Error(what_failed, "its answer is not understood: " + text);
  return text.substr(space + 1, end - space);
}

void build(const Project& project, const std::vector<std::string>& services, const LineSink& sink,
           std::stop_token stop, Deadline deadline) {
  std::vector<std::string> arguments{"build"};
  std::string names;
  for (const std::string& service : services) {
    arguments.push_back(service);
    names += (names.empty() ? "" : ", ") + service;
  }
  run_shown(project, arguments, "building " + names + " failed", sink, std::move(stop), deadline);
}

void pull(const Project& project, const std::string& service, const LineSink& sink, std::stop_token stop,
          Deadline deadline) {
  run_shown(project, {"pull", service}, "pulling the image of " + service + " failed", sink, std::move(stop),
            deadline);
}

void create_one_more(const Project& project, const std::string& service, int existing, std::stop_token stop,
                     Deadline deadline) {
  run_shown(project,
            {"up", "--no-start", "--no-deps", "--no-recreate", "--no-build", "--pull", "never", "--scale",
             fmt::format("{}={}", service, existing + 1), service},
            "creating a container of " + service + " failed", {}, std::move(stop), deadline);
}

}  // namespace belay::compose
