#include "cli/hook.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <sstream>

#include <fmt/core.h>
#include <unistd.h>

#include "base/files.hpp"
#include "base/process.hpp"
#include "cli/context.hpp"
#include "cli/environment_choice.hpp"
#include "cli/on_push.hpp"
#include "cli/show_error.hpp"
#include "control/lifeline.hpp"
#include "control/quoting.hpp"
#include "control/tree_space.hpp"
#include "drivers/git.hpp"
#include "drivers/time_zones.hpp"
#include "model/push_trigger.hpp"

namespace belay::cli {
namespace {

constexpr std::array hook_names = {"pre-receive", "post-receive"};
constexpr const char* mark = "# Written by `belay hook install`";
constexpr std::chrono::minutes git_limit{10};

/// `belay hook NAME ENV…`, as a shell takes it.
std::string call_of(const std::string& name, const fs::path& program, const std::string& config,
                    const std::vector<std::string>& environments) {
  std::string call = sh_quoted(program.string());
  if (!config.empty()) call += " --config " + sh_quoted(config);
  call += " hook " + name;
  for (const auto& environment : environments) call += " " + sh_quoted(environment);
  return call;
}

fs::path own_program() {
  std::error_code problem;
  auto self = fs::read_symlink("/proc/self/exe", problem);
  if (problem) throw system_error("cannot find belay's own program", problem.value());
  return self;
}

/// Where git looks for this repository's hooks.
fs::path hooks_of(const std::string& repository, const std::stop_token& stop) {
  const fs::path directory = fs::absolute(repository.empty() ? "." : repository);
  if (!fs::is_directory(directory))
    throw Error(fmt::format("{} is no directory", directory.string()), "",
                "--repository takes a git repository.", ExitCode::bad_input);
  const auto asked =
      capture(git::command(directory, {"rev-parse", "--git-path", "hooks"}), stop, Deadline::in(git_limit));
  if (!asked.ok())
    throw Error(fmt::format("{} is no git repository", directory.lexically_normal().string()), asked.err,
                "git init --bare makes one that takes pushes", ExitCode::bad_input);
  return (directory / asked.out.substr(0, asked.out.find('\n'))).lexically_normal();
}

/// A place in the repository, whichever directory it is pushed from.
std::string config_in_repository(const Context& context) {
  if (!context.config) return {};
  const fs::path file = context.config->lexically_normal();
  if (file.is_absolute() || *file.begin() == "..")
    throw Error(fmt::format("{} is no place in the repository", file.string()), "",
                "With belay hook, --config takes the path of belay.yml from the repository's top.",
                ExitCode::bad_input);
  return file.generic_string();
}

int install(const command::Hook& asked, Context& context) {
  const fs::path hooks = hooks_of(asked.repository, context.stop());
  const std::string config = config_in_repository(context);
  std::string foreign;
  for (const std::string name : hook_names) {
    const auto there = read_file_if_exists(hooks / name);
    if (there && !is_hook_of_belay(*there))
      foreign += fmt::format("{}\n    {}\n", (hooks / name).string(),
                             call_of(name, own_program(), config, asked.environments));
  }
  if (!foreign.empty())
    throw Error("there are hooks already that belay did not write",
                "belay does not replace them. No hook was changed.",
                "call belay from them, with what git gives them on stdin:\n" + foreign, ExitCode::bad_input);
  make_directories(hooks, 0755);
  for (const std::string name : hook_names) {
    write_file_atomically(hooks / name, hook_script(name, own_program(), config, asked.environments), 0755);
    context.out.line(fmt::format("{} is written.", (hooks / name).string()));
  }
  context.out.line("A git push to this repository deploys the environments that the push concerns.");
  return 0;
}

int remove(const command::Hook& asked, Context& context) {
  const fs::path hooks = hooks_of(asked.repository, context.stop());
  for (const std::string name : hook_names) {
    const auto there = read_file_if_exists(hooks / name);
    if (!there) continue;
    if (is_hook_of_belay(*there)) {
      fs::remove(hooks / name);
      context.out.line(fmt::format("{} is removed.", (hooks / name).string()));
    } else {
      context.out.line(fmt::format("{} is left: belay did not write it.", (hooks / name).string()));
    }
  }
  return 0;
}

std::string all_of_stdin() {
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error("cannot read what was pushed", errno);
    if (count == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
  }
}

/// belay.yml of a commit that may still be in quarantine: git finds it by the variables that it gave the
/// hook. It may be a link to another file of the commit. Empty: the commit has none.
std::optional<std::string> config_at(const std::string& commit, const std::string& place,
                                     const std::stop_token& stop) {
  const auto found = capture(
      {.argv = {"git", "cat-file", "--batch", "--follow-symlinks"}, .input = commit + ":" + place + "\n"},
      stop, Deadline::in(git_limit));
  // "ID blob SIZE", the content, an end of line; or one line that says what there is instead.
  const auto head = found.out.find('\n');
  if (!found.ok() || head == std::string::npos || !found.out.substr(0, head).contains(" blob "))
    return std::nullopt;
  return found.out.substr(head + 1, found.out.size() - head - 2);
}

/// Of all of belay.yml, and the values that the environments which this push concerns need. The sources of
/// secrets are not asked: they may be programs, and the push is not accepted yet.
Problems problems_of(const std::string& text, const std::string& place, const Push& push,
                     const std::vector<std::string>& only, const VariableLookup& variable) {
  const auto config = parse_config(place, text, variable, "");
  if (!config) return config.error();
  for (const EnvironmentConfig& environment : config->environments) {
    const bool meant = only.empty() || std::ranges::find(only, environment.name) != only.end();
    if (!meant || decide(environment.on_push, push).answer == PushDecision::Answer::no) continue;
    const auto needs = secrets_needed(place, text, variable, environment.name, Needed::for_a_release,
                                      zones_of_this_machine(variable));
    if (!needs) return needs.error();
    if (!needs->empty()) continue;
    if (const auto whole = parse_config(place, text, variable, environment.name); !whole)
      return whole.error();
  }
  return {};
}

int before_receiving(const command::Hook& asked, Context& context) {
  const std::string given = config_in_repository(context), place = given.empty() ? "belay.yml" : given;
  bool refused = false;
  for (const PushedLine& line : pushed_lines(all_of_stdin())) {
    const auto push = read_push_of(line.ref, line.before, line.after);
    if (!push || push->deletes()) continue;
    const auto text = config_at(line.after, place, context.stop());
    if (!text) continue;
    const auto problems = problems_of(*text, place, *push, asked.environments, context.variable);
    if (problems.empty()) continue;
    refused = true;
    context.err.line(fmt::format("belay refuses the {}:", push->shown()));
    context.err.write(problems_text(problems, context.err_surface.style));
  }
  return refused ? static_cast<int>(ExitCode::bad_input) : 0;
}

/// A checkout of a pushed commit, with git's own data in the repository that was pushed to.
class PushedTree {
 public:
  PushedTree(const std::string& commit, const std::stop_token& stop)
      : repository_(fs::current_path()), life_(tree_space(), "push-"), place_(life_.directory() / "tree") {
    run_git({"worktree", "prune"}, stop);
    run_git({"worktree", "add", "--quiet", "--force", "--detach", place_.string(), commit}, stop);
    fs::current_path(place_);
  }
  ~PushedTree() {
    std::error_code left;
    fs::current_path(repository_, left);
    try {
      run_git({"worktree", "remove", "--force", place_.string()}, {});
    } catch (const Error&) {  // the directory goes with life_, and the next push prunes git's record of it
    }
  }
  PushedTree(const PushedTree&) = delete;
  PushedTree& operator=(const PushedTree&) = delete;

 private:
  void run_git(std::vector<std::string> arguments, const std::stop_token& stop) const {
    belay::Command command = git::command(repository_, std::move(arguments));
    command.set["GIT_LFS_SKIP_SMUDGE"] = "1";  // belay fetches what it ships
    require_output(command, stop, Deadline::in(git_limit), "cannot check out what was pushed");
  }

  fs::path repository_;
  Lifeline life_;
  fs::path place_;
};

ExitCode deploy_pushed(const PushedLine& line, const command::Hook& asked, Context& context) {
  const auto push = read_push_of(line.ref, line.before, line.after);
  if (!push) return ExitCode::deployed;  // refs/notes/…
  if (push->deletes()) {
    context.out.line(fmt::format("not deployed: the {} was deleted", push->shown()));
    return ExitCode::deployed;
  }
  const std::string given = config_in_repository(context), place = given.empty() ? "belay.yml" : given;
  if (!config_at(line.after, place, context.stop())) {
    context.out.line(fmt::format("{}: not deployed: the commit has no {}", push->shown(), place));
    return ExitCode::deployed;
  }
  const PushedTree tree(line.after, context.stop());
  Context inside{context.out,      context.err, context.out_surface, context.err_surface,
                 context.variable, place,       context.interrupt,   context.platform};
  command::Deploy deploy;
  deploy.on_push = deploy.wait = true;
  deploy.ref = line.ref;
  deploy.before = line.before;
  deploy.after = line.after;
  ExitCode worst = ExitCode::deployed;
  auto environments = asked.environments;
  if (environments.empty()) environments.emplace_back();
  for (const std::string& environment : environments) {
    deploy.environment = environment;
    worst = worse_of(worst, static_cast<ExitCode>(deploy_on_push(deploy, inside)));
  }
  return worst;
}

int after_receiving(const command::Hook& asked, Context& context) {
  ExitCode worst = ExitCode::deployed;
  for (const PushedLine& line : pushed_lines(all_of_stdin())) {
    if (context.stop().stop_requested()) break;
    try {
      worst = worse_of(worst, deploy_pushed(line, asked, context));
    } catch (const Error& error) {  // what else was pushed has its turn
      worst = worse_of(worst, show_error(error, {.json = false,
                                                 .out = context.out,
                                                 .err = context.err,
                                                 .style = context.err_surface.style,
                                                 .platform = context.platform}));
    }
  }
  if (worst != ExitCode::deployed)
    context.err.line(
        fmt::format("The push is accepted, but the deployment has exit code {}.", static_cast<int>(worst)));
  return static_cast<int>(worst);
}

}  // namespace

std::string hook_script(const std::string& name, const fs::path& program, const std::string& config,
                        const std::vector<std::string>& environments) {
  return fmt::format("#!/bin/sh\n{}; `belay hook remove` removes it.\nexec {}\n", mark,
                     call_of(name, program, config, environments));
}

bool is_hook_of_belay(const std::string& script) {
  return script.starts_with(fmt::format("#!/bin/sh\n{};", mark));
}

std::vector<PushedLine> pushed_lines(const std::string& text) {
  std::vector<PushedLine> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    PushedLine pushed;
    std::istringstream words(line);
    words >> pushed.before >> pushed.after >> pushed.ref;
    if (pushed.ref.empty())
      throw Error("this is no line that git gives to a hook: " + line, "",
                  "belay hook pre-receive and post-receive are called by git's hooks.", ExitCode::bad_input);
    lines.push_back(std::move(pushed));
  }
  return lines;
}

void forget_the_repository_of_a_hook() {
  // `git rev-parse --local-env-vars` lists these, and those that are left.
  for (const char* name :
       {"GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE",
        "GIT_PREFIX", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE", "GIT_NAMESPACE"})
    ::unsetenv(name);
}

int run(const command::Hook& asked, Context& context) {
  if (asked.action == "install") return install(asked, context);
  if (asked.action == "remove") return remove(asked, context);
  if (asked.action == "pre-receive") return before_receiving(asked, context);
  if (asked.action == "post-receive") return after_receiving(asked, context);
  throw Error(asked.action.empty() ? "which action?" : fmt::format("there is no action '{}'", asked.action),
              "", "belay hook install or belay hook remove.", ExitCode::bad_input);
}

}  // namespace belay::cli
