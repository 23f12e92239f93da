// The only file that includes CLI11: it costs 12 s to compile.
#include "cli/command_line.hpp"

#include <algorithm>
#include <functional>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/nearest.hpp"

namespace belay::cli {
namespace {

Error not_understood(std::string what, std::string next) {
  return Error(std::move(what), "", std::move(next), ExitCode::bad_input);
}

/// The commands and their options. One value per command lies here while CLI11 fills it.
class Grammar {
 public:
  Grammar();
  CommandLine parse(std::vector<std::string> arguments);
  std::vector<CommandShape> shapes() const;

 private:
  struct Entry {
    CLI::App* app;
    std::function<Command()> value;
  };

  template <class C>
  CLI::App& add(const char* name, const char* about, const std::shared_ptr<C>& value) {
    CLI::App* app = app_.add_subcommand(name, about);
    app->set_help_flag();  // --help is seen before CLI11 sees anything: it needs no valid line
    app->fallthrough();
    entries_.push_back({app, [value] { return Command(*value); }});
    return *app;
  }
  void add_looking();
  void add_changing();
  void add_inside();
  void add_secrets();
  void add_hook();
  void add_notify();
  void add_about_belay();
  void refuse_leftovers(const CLI::App* chosen) const;
  std::vector<std::string> option_names(const CLI::App*) const;
  static OptionShape shape_of(const CLI::Option&);

  CLI::App app_{"", "belay"};
  std::string config_;
  bool no_color_ = false;
  std::vector<Entry> entries_;
};

constexpr const char* environment_text = "an environment of belay.yml";
constexpr const char* json_text = "print JSON instead of text";
constexpr const char* no_ci_text = "print nothing that is meant for a CI platform";
constexpr const char* events_text = "print one JSON object per line and event";

Grammar::Grammar() {
  app_.set_help_flag();
  app_.allow_extras();  // so that they can be answered with the nearest word
  app_.require_subcommand(0, 1);
  app_.add_option("--config", config_, "belay.yml to use, instead of the one here or above")
      ->type_name("FILE");
  app_.add_flag("--no-color", no_color_, "no colours, also on a terminal");
  add_looking();
  add_changing();
  add_inside();
  add_secrets();
  add_hook();
  add_notify();
  add_about_belay();
}

void Grammar::add_looking() {
  auto init = std::make_shared<command::Init>();
  CLI::App& init_app = add("init", "draft belay.yml from the workflow and compose files that are here", init);
  init_app.add_flag("--print,--stdout", init->print, "print the draft instead of writing it");
  init_app.add_flag("--ci", init->ci, "write .github/workflows/belay.yml, too");
  init_app.add_flag("--from-server", init->from_server,
                    "read the scripts that only the server has, by ssh and with cat alone");
  init_app.add_option("--host", init->host, "the login for --from-server, instead of the workflow's")
      ->type_name("HOST");

  auto check = std::make_shared<command::Check>();
  CLI::App& check_app = add("check", "validate belay.yml and look at the host; nothing is touched", check);
  check_app.add_option("ENV", check->environment, environment_text);
  check_app.add_flag("--json", check->json, json_text);
  check_app.add_flag("--no-ci", check->no_ci, no_ci_text);

  auto plan = std::make_shared<command::Plan>();
  CLI::App& plan_app = add("plan", "show what a deployment would change; nothing is touched", plan);
  plan_app.add_option("ENV", plan->environment, environment_text);
  plan_app.add_option("--ref", plan->ref, "commit, branch or tag to deploy (default: HEAD)")
      ->type_name("REF");
  plan_app.add_flag("--dirty", plan->dirty, "the working tree as it is, instead of a commit");
  plan_app.add_flag("--json", plan->json, json_text);

  auto status = std::make_shared<command::Status>();
  CLI::App& status_app =
      add("status", "what runs, since when, from which commit, and its health now", status);
  status_app.add_option("ENV", status->environment, environment_text);
  status_app.add_flag("--json", status->json, json_text);

  auto releases = std::make_shared<command::Releases>();
  CLI::App& releases_app = add("releases", "the releases kept on the host", releases);
  releases_app.add_option("ENV", releases->environment, environment_text);
  releases_app.add_flag("--json", releases->json, json_text);
}

void Grammar::add_changing() {
  auto deploy = std::make_shared<command::Deploy>();
  CLI::App& deploy_app =
      add("deploy", "test, back up, build, migrate, switch, verify; undo if any of it fails", deploy);
  deploy_app.add_option("ENV", deploy->environment, environment_text);
  deploy_app.add_option("--ref", deploy->ref, "commit, branch or tag to deploy (default: HEAD)")
      ->type_name("REF");
  deploy_app.add_flag("--dirty", deploy->dirty,
                      "ship the working tree as it is, instead of a commit; recorded");
  deploy_app.add_flag("--skip-test", deploy->skip_test, "do not run the tests first; recorded");
  deploy_app.add_flag("--wait", deploy->wait, "wait while another deployment holds the environment");
  deploy_app
      .add_option("--reason", deploy->reason, "why, recorded; deploys during a freeze of belay.yml, too")
      ->type_name("TEXT");
  deploy_app.add_flag("--on-push", deploy->on_push, "the environments that a push concerns (the key on)");
  deploy_app.add_option("--before", deploy->before, "with --on-push: the commit before the push")
      ->type_name("COMMIT");
  deploy_app.add_option("--after", deploy->after, "with --on-push: the commit that was pushed")
      ->type_name("COMMIT");
  deploy_app.add_flag("--json", deploy->json, events_text);
  deploy_app.add_flag("--no-ci", deploy->no_ci, no_ci_text);

  auto rollback = std::make_shared<command::Rollback>();
  CLI::App& rollback_app = add("rollback", "bring back a release that was good, without a rebuild", rollback);
  rollback_app.add_option("ENV", rollback->environment, environment_text);
  rollback_app.add_option("RELEASE", rollback->release, "release id (default: the previous good release)");
  rollback_app.add_flag("--current-env", rollback->current_env,
                        "the release's code with today's environment (.env, values), not its old one");
  rollback_app.add_flag("--wait", rollback->wait, "wait while another deployment holds the environment");
  rollback_app.add_flag("--json", rollback->json, events_text);
  rollback_app.add_flag("--no-ci", rollback->no_ci, no_ci_text);

  auto up = std::make_shared<command::Up>();
  CLI::App& up_app =
      add("up", "bring back the current release, or recreate a service that is not released", up);
  up_app.add_option("ENV", up->environment, environment_text);
  up_app.add_option("SERVICE", up->service, "of the compose file");
  up_app.add_flag("--json", up->json, json_text);

  auto promote = std::make_shared<command::Promote>();
  CLI::App& promote_app = add("promote", "go on with the canary or soak that is being watched", promote);
  promote_app.add_option("ENV", promote->environment, environment_text);
  promote_app.add_option("--reason", promote->reason, "why, recorded; goes on during a freeze, too")
      ->type_name("TEXT");

  auto abort = std::make_shared<command::Abort>();
  add("abort", "undo the deployment that is running", abort)
      .add_option("ENV", abort->environment, environment_text);

  auto attach = std::make_shared<command::Attach>();
  CLI::App& attach_app = add("attach", "show the deployment that is running, or the last one", attach);
  attach_app.add_option("ENV", attach->environment, environment_text);
  attach_app.add_flag("--json", attach->json, events_text);
  attach_app.add_flag("--no-ci", attach->no_ci, no_ci_text);
}

void Grammar::add_inside() {
  auto logs = std::make_shared<command::Logs>();
  CLI::App& logs_app = add("logs", "what the app prints", logs);
  logs_app.add_option("ENV", logs->environment, environment_text);
  logs_app.add_option("SERVICE", logs->service, "service or container, if there are several");
  auto* const follow = logs_app.add_flag("-f,--follow", logs->follow, "go on with new output, until Ctrl-C");
  logs_app.add_option("--release", logs->release, "what a failed release's containers printed")
      ->type_name("ID")
      ->excludes(follow);
  logs_app.add_option("-n,--tail", logs->tail, "only the last N lines")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);

  auto exec = std::make_shared<command::Exec>();
  CLI::App& exec_app = add("exec", "run a command in the app's container: belay exec ENV -- CMD…", exec);
  exec_app.add_option("ENV", exec->environment, environment_text);
  exec_app.add_option("--service", exec->service, "service or container, if there are several")
      ->type_name("SERVICE");

  auto backup = std::make_shared<command::Backup>();
  CLI::App& backup_app = add("backup", "the backups on the host: belay backup ENV list", backup);
  backup_app.add_option("ENV", backup->environment, environment_text);
  backup_app.add_option("list", backup->action, "list them, newest first");
  backup_app.add_flag("--json", backup->json, json_text);
}

void Grammar::add_secrets() {
  auto secrets = std::make_shared<command::Secrets>();
  CLI::App& app = add("secrets", "the encrypted secrets in the repository: belay secrets set NAME", secrets);
  app.add_option("ACTION", secrets->action, "set, list, show, rm, edit or rekey");
  app.add_option("NAME", secrets->name, "the secret's name, which ${NAME} in belay.yml uses");
  app.add_option("--env", secrets->environment, "the secret of this environment only")->type_name("ENV");
  app.add_flag("--reveal", secrets->reveal, "show a value where stdout is no terminal, too");
  app.add_flag("--json", secrets->json, json_text);
}

void Grammar::add_hook() {
  auto hook = std::make_shared<command::Hook>();
  CLI::App& app = add("hook", "let a git push to a repository deploy: belay hook install", hook);
  app.add_option("WHAT", hook->action, "install or remove");
  app.add_option("ENV", hook->environments, "deploy these environments only");
  app.add_option("--repository", hook->repository, "the git repository (default: the one here)")
      ->type_name("DIR");
}

void Grammar::add_notify() {
  auto notify = std::make_shared<command::Notify>();
  CLI::App& app = add("notify", "send a test notice to whom notify names: belay notify test ENV", notify);
  app.add_option("test", notify->action, "send a test notice");
  app.add_option("ENV", notify->environment, environment_text);
  app.add_flag("--json", notify->json, json_text);
}

void Grammar::add_about_belay() {
  // `host` never gets here with arguments (they go through untouched); it stands here for the overview.
  add("host", "on a server: install recovery at boot, or recover now", std::make_shared<command::Host>());

  auto version = std::make_shared<command::Version>();
  CLI::App& app = add("version", "print the version", version);
  app.add_flag("--verify", version->verify, "check the program's signature");
  app.add_flag("--json", version->json, json_text);

  auto completion = std::make_shared<command::Completion>();
  add("completion", "print shell completions: belay completion bash", completion)
      .add_option("SHELL", completion->shell, "bash, zsh or fish");

  auto help = std::make_shared<command::Help>();
  add("help", "explain a command", help).add_option("COMMAND", help->about, "a command");

  add("completion-environments", "", std::make_shared<command::CompletionEnvironments>()).group("");
}

std::vector<std::string> Grammar::option_names(const CLI::App* chosen) const {
  std::vector<std::string> names = {"--help"};
  for (const CLI::App* app : {&app_, chosen})
    if (app)
      for (const CLI::Option* option : app->get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// What CLI11 could not place is a word or an option that does not exist.
void Grammar::refuse_leftovers(const CLI::App* chosen) const {
  const auto left = app_.remaining(true);
  if (left.empty()) return;
  // What stands there may be a secret: it is not repeated.
  if (chosen && chosen->get_name() == "secrets" && !left.front().starts_with("-"))
    throw not_understood(
        "belay secrets takes no value as an argument: other users see a program's arguments, "
        "and the shell keeps them in its history",
        "Give the value on stdin, or let belay ask for it: belay secrets set NAME");
  const std::string word = left.front().substr(0, left.front().find('='));
  const std::string help = chosen ? fmt::format("belay help {} explains the command.", chosen->get_name())
                                  : "belay help lists the commands.";
  if (word.starts_with("-")) {
    const auto names = option_names(chosen);
    const auto meant = nearest(word, names);
    throw not_understood(fmt::format("unknown option {}", word),
                         meant ? fmt::format("Did you mean {}? {}", *meant, help) : help);
  }
  if (chosen)
    throw not_understood(fmt::format("belay {}: unexpected argument '{}'", chosen->get_name(), word), help);
  std::vector<std::string> names;
  for (const CommandShape& shape : shapes()) names.push_back(shape.name);
  const auto meant = nearest(word, names);
  throw not_understood(fmt::format("there is no command '{}'", word),
                       meant ? fmt::format("Did you mean belay {}? {}", *meant, help) : help);
}

CommandLine Grammar::parse(std::vector<std::string> arguments) {
  std::ranges::reverse(arguments);  // CLI11 takes them from the back
  try {
    app_.parse(arguments);
  } catch (const CLI::ParseError& error) {  // becomes our one kind of error
    const auto chosen = app_.get_subcommands();
    throw not_understood(error.what(), chosen.empty() ? "belay help lists the commands."
                                                      : fmt::format("belay help {} explains the command.",
                                                                    chosen.front()->get_name()));
  }
  const auto chosen = app_.get_subcommands();
  refuse_leftovers(chosen.empty() ? nullptr : chosen.front());
  CommandLine line;
  if (!config_.empty()) line.config = config_;
  line.no_color = no_color_;
  for (const Entry& entry : entries_)
    if (entry.app->parsed()) line.command = entry.value();
  return line;
}

OptionShape Grammar::shape_of(const CLI::Option& option) {
  OptionShape shape{
      {}, option.get_expected_max() == 0 ? "" : option.get_type_name(), option.get_description()};
  for (const std::string& name : option.get_snames()) shape.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) shape.names.push_back("--" + name);
  return shape;
}

std::vector<CommandShape> Grammar::shapes() const {
  std::vector<CommandShape> shapes;
  for (const Entry& entry : entries_) {
    if (entry.app->get_group().empty()) continue;
    CommandShape shape{entry.app->get_name(), entry.app->get_description(), {}, {}};
    for (const CLI::App* app : std::initializer_list<const CLI::App*>{entry.app, &app_})
      for (const CLI::Option* option : app->get_options())
        if (option->get_positional())
          shape.positionals.push_back(option->get_name(true));
        else
          shape.options.push_back(shape_of(*option));
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

// The word of the line that is the command: the first that is neither an option nor the value of --config.
std::string command_word(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--config")
      ++i;
    else if (!arguments[i].starts_with("-"))
      return arguments[i];
  }
  return "";
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  // Programs speak these two to each other: their arguments are none of CLI11's business.
  if (!arguments.empty() && (arguments[0] == "host" || arguments[0] == "internal")) {
    std::vector<std::string> own(arguments.begin() + 1, arguments.end());
    const bool asks = own.empty() || own.back() == "--help" || own.back() == "-h" || own.front() == "help";
    if (arguments[0] == "internal") return {command::Internal{std::move(own)}, {}, false};
    if (asks) return {command::Help{"host"}, {}, false};
    return {command::Host{std::move(own)}, {}, false};
  }

  const auto dashes = std::ranges::find(arguments, "--");
  const std::vector<std::string> ours(arguments.begin(), dashes);
  const std::string word = command_word(ours);
  if (std::ranges::find(ours, "--help") != ours.end() || std::ranges::find(ours, "-h") != ours.end())
    return {command::Help{word}, {}, std::ranges::find(ours, "--no-color") != ours.end()};
  if (word.empty() && std::ranges::find(ours, "--version") != ours.end())
    return {command::Version{}, {}, false};

  CommandLine line = Grammar().parse(ours);
  if (dashes == arguments.end()) return line;
  auto* exec = std::get_if<command::Exec>(&line.command);
  if (!exec)
    throw not_understood(fmt::format("belay {} takes nothing after --", word), "Only belay exec does.");
  exec->argv.assign(dashes + 1, arguments.end());
  return line;
}

bool CommandLine::json() const {
  return std::visit(
      [](const auto& value) {
        if constexpr (requires { value.json; })
          return value.json;
        else
          return false;
      },
      command);
}

bool CommandLine::no_ci() const {
  return std::visit(
      [](const auto& value) {
        if constexpr (requires { value.no_ci; })
          return value.no_ci;
        else
          return false;
      },
      command);
}

std::vector<CommandShape> command_shapes() {
  return Grammar().shapes();
}

}  // namespace belay::cli
