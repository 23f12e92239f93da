#include "cli/completion.hpp"

#include <set>

#include <fmt/core.h>

#include "cli/context.hpp"
#include "cli/environment_choice.hpp"
#include "control/quoting.hpp"

namespace belay::cli {
namespace {

constexpr const char* environments = "$(belay completion-environments 2>/dev/null)";

std::string command_names(const std::vector<CommandShape>& commands) {
  std::string names;
  for (const CommandShape& command : commands) names += (names.empty() ? "" : " ") + command.name;
  return names;
}

// What may stand at a positional, as shell words; empty: nothing we know.
std::string words_at(const std::string& positional, const std::vector<CommandShape>& commands) {
  if (positional == "ENV") return environments;
  if (positional == "COMMAND") return command_names(commands);
  if (positional == "ACTION") return "set list show rm edit rekey";
  if (positional == "WHAT") return "install remove";
  if (positional == "SHELL") return "bash zsh fish";
  if (positional == "list") return "list";
  if (positional == "test") return "test";
  return "";
}

// "--config|--ref|…": the options that take the word after them.
std::string valued_options(const std::vector<CommandShape>& commands) {
  std::set<std::string> names;
  for (const CommandShape& command : commands)
    for (const OptionShape& option : command.options)
      if (!option.value.empty()) names.insert(option.names.begin(), option.names.end());
  std::string pattern;
  for (const std::string& name : names) pattern += (pattern.empty() ? "" : "|") + name;
  return pattern;
}

std::string options_of(const CommandShape& command) {
  std::string text = "--help";
  for (const OptionShape& option : command.options)
    for (const std::string& name : option.names) text += " " + name;
  return text;
}

// The part bash and zsh share: case branches that set `words`.
std::string cases(const std::vector<CommandShape>& commands) {
  std::string text;
  for (const CommandShape& command : commands) {
    text += fmt::format("        {}:-*) words=\"{}\" ;;\n", command.name, options_of(command));
    for (std::size_t i = 0; i < command.positionals.size(); ++i)
      if (const auto words = words_at(command.positionals[i], commands); !words.empty())
        text += fmt::format("        {}:{}) words=\"{}\" ;;\n", command.name, i, words);
  }
  return text;
}

std::string bash_script(const std::vector<CommandShape>& commands) {
  return fmt::format(R"(# bash completion of belay:  source <(belay completion bash)
_belay() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
    local command="" position=0 words="" i
    COMPREPLY=()
    if [ "$previous" = --config ]; then
        COMPREPLY=($(compgen -f -- "$current"))
        return
    fi
    if [ "$previous" = --env ]; then
        words=$(belay completion-environments 2>/dev/null)
        COMPREPLY=($(compgen -W "$words" -- "$current"))
        return
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "${{COMP_WORDS[i]}}" in
        --) return ;;
        {}) i=$((i + 1)) ;;
        -*) ;;
        *) if [ -z "$command" ]; then command="${{COMP_WORDS[i]}}"; else position=$((position + 1)); fi ;;
        esac
    done
    case "$command:$current" in
        :*) words="{}" ;;
        *:-*) position="-" ;;
    esac
    case "$command:$position" in
{}    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -F _belay belay
)",
                     valued_options(commands), command_names(commands), cases(commands));
}

std::string zsh_script(const std::vector<CommandShape>& commands) {
  std::string described;
  for (const CommandShape& command : commands)
    described += fmt::format("        {}\n", sh_quoted(command.name + ":" + command.about));
  return fmt::format(R"(#compdef belay
# zsh completion of belay:  source <(belay completion zsh)
_belay() {{
    local current="${{words[CURRENT]}}" command="" position=0 choices="" word i
    local -a commands
    commands=(
{})
    if [[ "${{words[CURRENT-1]}}" == --config ]]; then _files; return; fi
    if [[ "${{words[CURRENT-1]}}" == --env ]]; then
        compadd -- $(belay completion-environments 2>/dev/null)
        return
    fi
    for ((i = 2; i < CURRENT; i++)); do
        case "${{words[i]}}" in
        --) return ;;
        {}) i=$((i + 1)) ;;
        -*) ;;
        *) if [[ -z "$command" ]]; then command="${{words[i]}}"; else position=$((position + 1)); fi ;;
        esac
    done
    if [[ -z "$command" ]]; then _describe command commands; return; fi
    [[ "$current" == -* ]] && position="-"
    case "$command:$position" in
{}    esac
    compadd -- ${{=choices}}
}}
if [[ "$funcstack[1]" == _belay ]]; then _belay "$@"; else compdef _belay belay; fi
)",
                     described, valued_options(commands), [&] {
                       std::string text = cases(commands);
                       for (std::size_t at; (at = text.find(" words=")) != std::string::npos;)
                         text.replace(at, 7, " choices=");
                       return text;
                     }());
}

std::string fish_script(const std::vector<CommandShape>& commands) {
  std::string text = "# fish completion of belay:  belay completion fish | source\ncomplete -c belay -f\n";
  for (const CommandShape& command : commands) {
    text += fmt::format("complete -c belay -n __fish_use_subcommand -a {} -d {}\n", command.name,
                        sh_quoted(command.about));
    const std::string seen = sh_quoted("__fish_seen_subcommand_from " + command.name);
    for (const std::string& positional : command.positionals) {
      std::string words = words_at(positional, commands);
      if (words == environments) words = "(belay completion-environments 2>/dev/null)";
      if (!words.empty()) text += fmt::format("complete -c belay -n {} -a {}\n", seen, sh_quoted(words));
    }
    for (const OptionShape& option : command.options) {
      text += fmt::format("complete -c belay -n {}", seen);
      for (const std::string& name : option.names)
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (!option.value.empty()) text += option.value == "FILE" ? " -r -F" : " -x";
      if (option.value == "ENV") text += " -a '(belay completion-environments 2>/dev/null)'";
      text += fmt::format(" -d {}\n", sh_quoted(option.about));
    }
  }
  return text;
}

}  // namespace

std::string completion_script(const std::string& shell, const std::vector<CommandShape>& commands) {
  if (shell == "bash") return bash_script(commands);
  if (shell == "zsh") return zsh_script(commands);
  if (shell == "fish") return fish_script(commands);
  return "";
}

int run(const command::Completion& asked, Context& context) {
  const std::string script = completion_script(asked.shell, command_shapes());
  if (script.empty())
    throw Error(
        asked.shell.empty() ? "for which shell?" : fmt::format("no completions for '{}'", asked.shell), "",
        "belay completion bash, zsh or fish.", ExitCode::bad_input);
  context.out.write(script);
  return 0;
}

int run(const command::CompletionEnvironments&, Context& context) {
  // Variables need not be set to complete a name: those of every environment but the one called "" are let
  // off.
  const auto file = find_config(context.config, std::filesystem::current_path());
  for (const EnvironmentConfig& environment : load_config(file, context.variable, "").environments)
    context.out.line(environment.name);
  return 0;
}

}  // namespace belay::cli
