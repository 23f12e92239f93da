#include "cli/init_server.hpp"

#include <cstddef>
#include <iostream>
#include <map>
#include <optional>

#include <fmt/core.h>
#include <unistd.h>

#include "base/error.hpp"
#include "control/server_reader.hpp"
#include "model/config_values.hpp"

namespace belay::cli {
namespace {

constexpr std::size_t most_scripts = 50;  // that are read in one go of belay init

// A message on one line of a list.
std::string on_one_line(const std::string& text) {
  std::string made;
  for (const char c : text) {
    const bool blank = c == '\n' || c == '\t' || c == ' ';
    if (!blank || !(made.empty() || made.ends_with(' '))) made += blank ? ' ' : c;
  }
  while (made.ends_with(' ')) made.pop_back();
  return made;
}

std::string told(const Error& error) {
  const std::string text = on_one_line(error.message_and_why());
  return error.next().empty() ? text : text + "; " + on_one_line(error.next());
}

/// The servers that scripts are read from. Each is connected to once, when its first script is wanted.
class Servers {
 public:
  Servers(std::string login, Context& context) : login_(std::move(login)), context_(context) {}

  importer::ServerFile read(const importer::ServerScript& script) {
    importer::ServerFile made{.server = script.server, .path = script.path};
    // Caught because a script that cannot be read is a line of the list, and no end of the draft.
    try {
      if (++count_ > most_scripts)
        throw Error(fmt::format("{} scripts were read already, and no more are", most_scripts));
      const std::string path = filled(script.path);
      context_.err.line(fmt::format("Reading {} on {}", path, shown(script)));
      ServerReader::Text read = reader_of(script).read(path, context_.stop());
      made.text = std::move(read.text);
      made.why_not = on_one_line(read.why_not);
    } catch (const Error& error) {
      made.why_not = told(error);
    }
    return made;
  }

  /// The login of a script as ssh takes it; empty: nobody said it.
  std::string shown(const importer::ServerScript& script) const {
    if (!login_.empty()) return login_;
    const Expanded login = expand_variables(script.server, context_.variable);
    return login.unset.empty() && login.malformed.empty() ? login.text : "";
  }

 private:
  std::string filled(const std::string& path) const {
    Expanded made = expand_variables(path, context_.variable);
    if (!made.unset.empty() || !made.malformed.empty())
      throw Error(fmt::format("the workflow names it with variables that are not set here: {}", path), {},
                  "set them, and start belay init again", ExitCode::bad_input);
    return std::move(made.text);
  }

  const ServerReader& reader_of(const importer::ServerScript& script) {
    const std::string login = shown(script);
    if (login.empty())
      throw Error(script.server.empty()
                      ? std::string("the workflow does not say by which login it is reached")
                      : fmt::format("the login has variables that are not set here: {}", script.server),
                  {}, "name it: belay init --from-server --host user@host", ExitCode::bad_input);
    if (const auto failed = failures_.find(login); failed != failures_.end()) throw failed->second;
    if (const auto known = readers_.find(login); known != readers_.end()) return known->second;
    const auto address = host_value(login);
    if (!address)
      throw Error(fmt::format("the login {}", address.error().message), {}, address.error().remedy,
                  ExitCode::bad_input);
    // Kept, so that a host that does not answer is waited for once.
    try {
      return readers_.try_emplace(login, *address, context_.stop()).first->second;
    } catch (const Error& error) {
      failures_.emplace(login, error);
      throw;
    }
  }

  std::string login_;
  Context& context_;
  std::size_t count_ = 0;
  std::map<std::string, ServerReader> readers_;
  std::map<std::string, Error> failures_;
};

// The login by which the scripts are read. Nothing: a person does not want that.
std::optional<std::string> agreed_login(const importer::Draft& draft, const command::Init& asked,
                                        Context& context) {
  if (asked.from_server) return asked.host;
  if (!can_ask(context)) return std::nullopt;
  const Servers servers(asked.host, context);
  context.err.line("The workflow runs scripts that only the server has:");
  std::string login;
  bool is_known = true;
  for (const importer::ServerScript& script : draft.unread) {
    login = servers.shown(script);
    is_known = is_known && !login.empty();
    context.err.line(
        fmt::format("  {}: {}", script.at.shown(), importer::shown_on(script.server, script.path)));
  }
  if (!is_known) {
    login = answer_to(context, "By which login can belay read them there? (user@host; Enter: not at all)");
    return login.empty() ? std::nullopt : std::optional(login);
  }
  const std::string answer = answer_to(
      context, fmt::format("Shall belay read them there, by ssh {} and with cat alone? (y/N)", login));
  return answer == "y" || answer == "Y" || answer == "yes" ? std::optional(asked.host) : std::nullopt;
}

}  // namespace

bool can_ask(const Context& context) {
  return ::isatty(STDIN_FILENO) == 1 && context.err_surface.terminal;
}

std::string answer_to(Context& context, const std::string& question) {
  context.err.write(fmt::format("{}: ", question));
  std::string line;
  std::getline(std::cin, line);
  const auto first = line.find_first_not_of(" \t");
  return first == std::string::npos ? "" : line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

importer::Draft with_server_scripts(importer::Repository& repository, importer::Draft draft,
                                    const importer::Answers& answers, const command::Init& asked,
                                    Context& context) {
  if (draft.unread.empty()) return draft;
  const auto login = agreed_login(draft, asked, context);
  if (!login) return draft;
  Servers servers(*login, context);
  // Each round reads what the last one found. Every script that is asked for gets an answer, so this ends.
  while (!draft.unread.empty()) {
    for (const importer::ServerScript& script : draft.unread)
      repository.server_files.push_back(servers.read(script));
    draft = importer::draft_of(repository, answers);
  }
  return draft;
}

}  // namespace belay::cli
