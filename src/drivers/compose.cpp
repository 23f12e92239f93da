#include "drivers/compose.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <sstream>

#include <boost/json/parse.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "drivers/compose_files.hpp"
#include "drivers/compose_output.hpp"
#include "drivers/label_file_hash.hpp"
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

/// Docker's own settings, the system's, and proxies. What else the caller's environment holds would change
/// the model without a trace in the release.
bool compose_may_see(std::string_view name) {
  if (name == "BELAY_SSH_KEY") return false;
  static constexpr std::array exact{
      "PATH",        "HOME",          "USER",       "LOGNAME",       "LANG",        "LANGUAGE",  "TZ",
      "TMPDIR",      "SSH_AUTH_SOCK", "HTTP_PROXY", "HTTPS_PROXY",   "NO_PROXY",    "ALL_PROXY", "http_proxy",
      "https_proxy", "no_proxy",      "all_proxy",  "SSL_CERT_FILE", "SSL_CERT_DIR"};
  static constexpr std::array beginnings{"DOCKER_", "BUILDKIT_", "BUILDX_", "LC_", "XDG_", "BELAY_"};
  static constexpr std::array of_compose{"COMPOSE_PARALLEL_LIMIT", "COMPOSE_HTTP_TIMEOUT", "COMPOSE_BAKE"};
  return std::ranges::find(exact, name) != exact.end() ||
         std::ranges::find(of_compose, name) != of_compose.end() ||
         std::ranges::any_of(beginnings,
                             [&](std::string_view beginning) { return name.starts_with(beginning); });
}

std::vector<std::string> hidden_variables() {
  std::vector<std::string> hidden;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto name = text.substr(0, text.find('='));
    if (!compose_may_see(name)) hidden.emplace_back(name);
  }
  return hidden;
}

Command command(const Project& project, const std::vector<std::string>& arguments) {
  Command made{.argv = program(), .directory = project.directory, .set = project.values};
  std::vector<std::string>& argv = made.argv;
  argv.insert(argv.end(),
              {"--ansi", "never", "--progress", "plain", "--project-directory", project.directory.string()});
  for (const auto& file : project.files) argv.insert(argv.end(), {"--file", file.string()});
  for (const auto& file : project.env_files) argv.insert(argv.end(), {"--env-file", file.string()});
  for (const auto& profile : project.profiles) argv.insert(argv.end(), {"--profile", profile});
  if (!project.name.empty()) argv.insert(argv.end(), {"--project-name", project.name});
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  made.set.insert_or_assign("PWD", project.directory.string());
  made.unset = hidden_variables();
  std::erase_if(made.unset, [&](const std::string& name) { return made.set.contains(name); });
  return made;
}

std::string output(const Project& project, const std::vector<std::string>& arguments,
                   const std::string& what_failed, std::stop_token stop, Deadline deadline) {
  const Captured captured = capture(command(project, arguments), std::move(stop), deadline);
  require_success(captured, what_failed);
  return captured.out;
}

/// What it is for, in words: for its Error. What compose was given may be gone by the time that is read.
struct Purpose {
  std::string what_failed, next;
};

/// Runs it, showing each line of both streams; the Error carries the last ones.
void run_shown(const Project& project, const std::vector<std::string>& arguments, const Purpose& purpose,
               const LineSink& sink, std::stop_token stop, Deadline deadline) {
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
  throw Error(purpose.what_failed, why, purpose.next);
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

std::string buildx_version(std::stop_token stop) {
  if (!program_exists("docker")) return {};
  const auto said = capture({.argv = {"docker", "buildx", "version"}}, std::move(stop),
                            Deadline::in(std::chrono::seconds(20)));
  // "github.com/docker/buildx v0.29.1 a2ed4a2": the number comes after the name.
  return said.ok()
             ? version_in(std::string_view(said.out).substr(std::min(said.out.find(' '), said.out.size())))
             : std::string();
}

std::string require_version(std::stop_token stop) {
  auto found = version(std::move(stop));
  if (!at_least(found, least_version))
    throw Error(fmt::format("Compose {} is too old", found),
                fmt::format("belay needs {} or newer", least_version), install_hint, ExitCode::bad_input);
  return found;
}

/// Compose, convergence.go: setDependentLifecycle until 2.29, stopDependentContainers since; 2.35 looks at
/// `restart`.
bool dependents_follow(const std::string& version) {
  return !at_least(version, "2.35");
}

namespace {

/// Of `${TAG:?}` compose says: required variable TAG is missing a value.
std::string remedy_for(const std::string& words, const std::string& usual) {
  constexpr std::string_view lead = "required variable ";
  const auto at = words.find(lead);
  if (at == std::string::npos) return usual;
  const auto name = words.substr(at + lead.size(), words.find(' ', at + lead.size()) - at - lead.size());
  return fmt::format(
      "write {0}=… into .env on the server; or pass it on from where belay is started, in belay.yml: values: "
      "[{0}]",
      name);
}

/// True if a service of this project may have a `label_file`: a file says so, or takes in other files.
bool may_name_label_files(const Project& project) {
  auto env_files = project.env_files;
  if (env_files.empty()) env_files.push_back(project.directory / ".env");
  std::vector<std::string> named;
  for (const auto& file : project.files) named.push_back(file.string());
  return std::ranges::any_of(files_of(named, project.directory, env_files), [&](const std::string& file) {
    const auto text = read_file_if_exists(project.directory / file).value_or("");
    return text.contains("label_file") || text.contains("include") || text.contains("extends");
  });
}

/// A compose that cannot print the model without its values answers none: the hash is then that of `config`.
std::map<std::string, std::vector<std::string>> label_files_of(const Project& project, std::stop_token stop,
                                                               Deadline deadline) {
  const auto printed = capture(command(project, {"config", "--no-interpolate", "--format", "json"}),
                               std::move(stop), deadline);
  boost::json::error_code bad;
  const auto model = boost::json::parse(printed.outcome.ok() ? printed.out : "", bad);
  if (bad || !model.is_object()) return {};
  return label_files_in(model.get_object());
}

/// Corrects the hashes of services with a `label_file`. The text that compose hashes is made from what it
/// prints, and proven by the hash without the files: where that is another one, nothing is corrected.
void count_label_files(std::map<std::string, std::string>& hashes, const Project& project,
                       const std::vector<std::string>& flags, std::stop_token stop, Deadline deadline) {
  const auto text = project.files.empty() ? std::nullopt : read_file_if_exists(project.files.front());
  if (!text || !text->contains(label_files_key)) return;
  boost::json::error_code bad;
  const auto model = boost::json::parse(*text, bad);
  if (bad || !model.is_object()) return;
  std::vector<std::string> arguments{"config", "--format", "json"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const auto printed =
      output(project, arguments, "asking compose for its services failed", std::move(stop), deadline);
  for (const auto& [service, files] : kept_label_files(model.get_object()))
    if (const auto hash = hashes.find(service);
        hash != hashes.end() && sha256_hex(hashed_text(printed, service, {})) == hash->second)
      hash->second = sha256_hex(hashed_text(printed, service, files));
}

}  // namespace

namespace {

/// The model as compose prints it. No Compose can print a build's `ssh:` that names a file as JSON: it is
/// asked for YAML then.
boost::json::object printed_model(const Project& project, const std::string& what_failed,
                                  const LineSink& warn, std::stop_token stop, Deadline deadline) {
  const Captured as_json = capture(command(project, {"config", "--format", "json"}), stop, deadline);
  const bool needs_yaml = !as_json.ok() && as_json.err.contains("SSHKey");
  const Captured captured =
      needs_yaml ? capture(command(project, {"config"}), std::move(stop), deadline) : as_json;
  require_success(
      captured, what_failed,
      remedy_for(
          captured.err,
          "correct the compose file, or what it reads: `docker compose config` beside it says the same"));
  if (warn)
    for (const auto& warning : warnings_in(captured.err)) warn(warning);
  if (needs_yaml) return object_of_yaml(captured.out);
  boost::json::error_code bad;
  auto model = boost::json::parse(captured.out, bad);
  if (bad || !model.is_object()) throw Error(what_failed, "docker compose config printed no JSON object");
  return std::move(model.get_object());
}

}  // namespace

boost::json::object resolved(const Project& project, std::stop_token stop, Deadline deadline,
                             const LineSink& warn) {
  auto read = readable_output(printed_model(
      project, "compose cannot read the project in " + project.directory.string(), warn, stop, deadline));
  if (may_name_label_files(project))
    keep_label_files(read, label_files_of(project, std::move(stop), deadline));
  return read;
}

std::map<std::string, std::string> service_hashes(const Project& project, std::stop_token stop,
                                                  Deadline deadline, Reading reading) {
  const std::string what_failed = "asking compose for the hashes of its services failed";
  std::vector<std::string> arguments{"config", "--hash", "*"}, flags;
  if (reading == Reading::as_it_is) flags = {"--no-normalize", "--no-consistency"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const std::string text = output(project, arguments, what_failed, stop, deadline);
  std::map<std::string, std::string> hashes;
  std::istringstream lines(text);
  for (std::string service, hash; lines >> service >> hash;) hashes.emplace(service, hash);
  if (hashes.empty()) throw Error(what_failed, "its answer is not understood: " + text);
  count_label_files(hashes, project, flags, std::move(stop), deadline);
  return hashes;
}

void build(const Project& project, const std::vector<std::string>& services, const LineSink& sink,
           std::stop_token stop, Deadline deadline) {
  std::vector<std::string> arguments{"build"};
  std::string names;
  for (const std::string& service : services) {
    arguments.push_back(service);
    names += (names.empty() ? "" : ", ") + service;
  }
  run_shown(
      project, arguments,
      {"building " + names + " failed", "`docker compose build` in a checkout of that commit repeats it"},
      sink, std::move(stop), deadline);
}

void pull(const Project& project, const std::string& service, const LineSink& sink, std::stop_token stop,
          Deadline deadline) {
  run_shown(
      project, {"pull", service},
      {"pulling the image of " + service + " failed", "`docker pull` of that image on the server repeats it"},
      sink, std::move(stop), deadline);
}

void create(const Project& project, const std::vector<std::string>& services, Containers containers,
            std::stop_token stop, Deadline deadline) {
  std::vector<std::string> arguments{"up",         "--no-start", "--no-deps", "--no-recreate",
                                     "--no-build", "--pull",     "never"};
  std::string names;
  for (const std::string& service : services) {
    if (containers == Containers::none) arguments.insert(arguments.end(), {"--scale", service + "=0"});
    names += (names.empty() ? "" : ", ") + service;
  }
  arguments.insert(arguments.end(), services.begin(), services.end());
  run_shown(project, arguments,
            {containers == Containers::none ? "creating the networks and volumes of the project failed"
                                            : "creating the containers of " + names + " failed",
             {}},
            {}, std::move(stop), deadline);
}

void start(const Project& project, const std::vector<std::string>& services, Dependencies dependencies,
           const LineSink& sink, std::stop_token stop, Deadline deadline) {
  std::vector<std::string> arguments{"up", "--detach", "--no-recreate"};
  if (dependencies == Dependencies::left_alone) arguments.emplace_back("--no-deps");
  std::string names;
  for (const std::string& service : services) {
    arguments.push_back(service);
    names += (names.empty() ? "" : ", ") + service;
  }
  run_shown(project, arguments, {"starting " + names + " failed", "`docker compose logs` there may say why"},
            sink, std::move(stop), deadline);
}

void make_anew(const Project& project, const std::string& service, std::stop_token stop, Deadline deadline) {
  run_shown(project, {"up", "--detach", "--no-deps", "--force-recreate", service},
            {"making " + service + " anew failed",
             fmt::format("`docker compose up -d --no-deps {}` in {} repeats it", service,
                         project.directory.string())},
            {}, std::move(stop), deadline);
}

}  // namespace belay::compose
