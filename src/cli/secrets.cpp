#include <algorithm>
#include <array>
#include <iostream>
#include <iterator>
#include <set>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/core.h>
#include <termios.h>
#include <unistd.h>

#include "base/files.hpp"
#include "base/line_reader.hpp"
#include "base/nearest.hpp"
#include "cli/context.hpp"
#include "cli/environment_choice.hpp"
#include "cli/secrets_edit.hpp"
#include "cli/table.hpp"
#include "control/secret_values.hpp"
#include "model/config_values.hpp"

namespace belay::cli {
namespace {

constexpr const char* usual_file = "secrets.belay";

Error bad_input(std::string what, std::string why, std::string next) {
  return Error(std::move(what), std::move(why), std::move(next), ExitCode::bad_input);
}

/// The repository's secrets, as belay.yml names them.
struct Repository {
  Config config;
  SecretsPlace place;
  bool configured = true;  // belay.yml names the file

  std::string named() const { return near_name(place.file()); }
};

/// The sources of the environment that was asked for; else those that all environments with a file share.
SecretSources sources_meant(const Config& config, const std::string& environment) {
  if (!environment.empty()) return config.find(environment)->secrets;
  SecretSources meant;
  for (const auto& one : config.environments) {
    if (one.secrets.file.empty() || one.secrets.file == meant.file) continue;
    if (!meant.file.empty())
      throw bad_input("which file of secrets?",
                      fmt::format("there are {} and {}", meant.file, one.secrets.file),
                      "name an environment: --env ENV");
    meant = one.secrets;
  }
  return meant;
}

Repository repository_of(const command::Secrets& asked, Context& context) {
  const fs::path file = find_config(context.config, fs::current_path());
  // No environment is called "": no variable need be set, and no source is asked.
  Repository repository{load_config(file, context.variable, ""), {}};
  if (!asked.environment.empty() && repository.config.find(asked.environment) == nullptr)
    throw bad_input(fmt::format("there is no environment '{}' in {}", asked.environment, near_name(file)), "",
                    "--env takes the name of an environment of belay.yml");
  repository.place = {repository.config.app, file.parent_path(),
                      sources_meant(repository.config, asked.environment)};
  repository.configured = !repository.place.sources.file.empty();
  if (!repository.configured) repository.place.sources.file = usual_file;
  return repository;
}

template <class Value>
Value or_problems(std::expected<Value, Problems> result) {
  if (!result) throw BadConfig(std::move(result.error()));
  return std::move(*result);
}

SecretsFile file_that_exists(const Repository& repository) {
  auto file = or_problems(sealed_secrets(repository.place));
  if (!file)
    throw bad_input(fmt::format("there are no secrets: {} does not exist", repository.named()), "",
                    "belay secrets set NAME  makes it");
  return std::move(*file);
}

void write(const Repository& repository, const SecretsFile& file) {
  write_file_atomically(repository.place.file(), secrets_file_text(file), 0644);
}

SecretPlace place_asked(const command::Secrets& asked) {
  if (asked.name.empty())
    throw bad_input("which secret?", "", fmt::format("belay secrets {} NAME", asked.action));
  if (asked.name.contains('='))  // what follows it is not repeated
    throw bad_input("belay secrets takes no value as an argument",
                    "other users see a program's arguments, and the shell keeps them in its history",
                    "give the value on stdin, or let belay ask for it: belay secrets set NAME");
  if (!variable_name_value(asked.name))
    throw bad_input("this cannot be the name of a secret", "",
                    "letters, digits and '_', not beginning with a digit");
  return {asked.environment, asked.name};
}

/// Throws Error that names the nearest secret if the file has none at this place.
void require_known(const SecretsFile& file, const SecretPlace& place, const std::string& file_name) {
  if (file.secrets.contains(place)) return;
  std::vector<std::string> names;
  for (const auto& [known, sealed] : file.secrets)
    if (known.section == place.section) names.push_back(known.name);
  const auto meant = nearest(place.name, names);
  throw bad_input(fmt::format("{} has no {}", file_name, place.shown()), "",
                  meant ? fmt::format("did you mean {}?", *meant) : "belay secrets list  shows the names");
}

/// Keeps the terminal from showing what is typed.
class Unseen {
 public:
  Unseen() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &now) == 0;
  }
  ~Unseen() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

std::string typed_value(const std::string& name, Context& context) {
  const Unseen unseen;
  context.err.write(fmt::format("Value of {} (it is not shown): ", name));
  std::string line;
  LineReader lines(STDIN_FILENO);
  const auto status = lines.next(line, context.stop(), Deadline::never());
  context.err.write("\n");
  if (status != LineReader::Status::line) throw bad_input("no value was given", "", "nothing was changed");
  return line;
}

/// All of stdin; the newline at its end belongs to the program that wrote it.
std::string value_given(const std::string& name, Context& context) {
  std::string value = ::isatty(STDIN_FILENO) == 1 ? typed_value(name, context)
                                                  : std::string(std::istreambuf_iterator<char>(std::cin), {});
  if (value.ends_with('\n')) value.pop_back();
  if (auto fault = fault_of_secret(value); !fault.empty())
    throw bad_input(fmt::format("the value of {} {}", name, fault), "", "give the value on stdin");
  return value;
}

/// Makes the repository's first key, if none is there that could be used.
SecretKey key_for_new_file(const Repository& repository, Context& context) {
  if (auto found = find_key(repository.place)) return found->key;
  const auto key = SecretKey::random();
  offer_key(repository.place, key);
  adopt_key(repository.place);
  context.out.line(
      fmt::format("A new key is in {}. Keep a copy of it in a safe place: without it the secrets are lost.\n"
                  "For CI, make the line in that file a CI secret with the name BELAY_KEY.",
                  repository.place.key_file().string()));
  return key;
}

int set(const command::Secrets& asked, Context& context) {
  const SecretPlace place = place_asked(asked);
  const Repository repository = repository_of(asked, context);
  auto file = or_problems(sealed_secrets(repository.place));
  // A missing or wrong key is said before anybody types a value.
  std::optional<SecretKey> key;
  if (file) key = require_key(repository.place, file->key_id).key;
  std::string value = value_given(place.name, context);
  if (!key) key = key_for_new_file(repository, context);
  if (!file) file = SecretsFile{key->id(), {}};
  const auto known = file->secrets.find(place);
  const bool same =
      known != file->secrets.end() && key->opened(known->second.bytes, place.bound_to()) == value;
  if (!same) {
    file->secrets[place] = {key->sealed(value, place.bound_to()), 0};
    write(repository, *file);
  }
  wipe(value);
  context.out.line(
      fmt::format("{} is {} {}.", place.shown(), same ? "unchanged in" : "in", repository.named()));
  if (!repository.configured)
    context.out.line(fmt::format("Name the file in belay.yml:  secrets: {{ file: {} }}", usual_file));
  return 0;
}

int remove(const command::Secrets& asked, Context& context) {
  const SecretPlace place = place_asked(asked);
  const Repository repository = repository_of(asked, context);
  auto file = file_that_exists(repository);
  require_known(file, place, repository.named());
  file.secrets.erase(place);
  write(repository, file);
  context.out.line(fmt::format("{} is no longer in {}.", place.shown(), repository.named()));
  return 0;
}

/// One line of the list.
struct Listed {
  std::string name, environment, from;
};

/// The secrets that belay.yml needs and that neither the caller's environment nor the file has.
void add_needed(const Repository& repository, const SecretsFile& file, Context& context,
                std::vector<Listed>& into) {
  const auto& config = repository.config;
  for (const auto& environment : config.environments) {
    const auto needs =
        secrets_needed(config.file, read_file(config.file), context.variable, environment.name);
    if (!needs || !needs->contains(environment.name)) continue;
    for (const auto& secret : needs->at(environment.name).secrets) {
      if (file.secrets.contains({environment.name, secret.name}) || file.secrets.contains({"", secret.name}))
        continue;
      into.push_back(
          {secret.name, environment.name, environment.secrets.command.empty() ? "missing" : "command"});
    }
  }
}

int list(const command::Secrets& asked, Context& context) {
  const Repository repository = repository_of(asked, context);
  const auto file = or_problems(sealed_secrets(repository.place)).value_or(SecretsFile());
  std::vector<Listed> all;
  all.reserve(file.secrets.size());
  for (const auto& [place, sealed] : file.secrets)
    all.push_back(
        {place.name, place.section,
         context.variable(place.name) ? "environment variable, " + repository.named() : repository.named()});
  add_needed(repository, file, context, all);
  if (!asked.environment.empty())
    std::erase_if(all, [&](const Listed& one) {
      return !one.environment.empty() && one.environment != asked.environment;
    });
  if (asked.json) {
    boost::json::array lines;
    for (const auto& one : all)
      lines.push_back(
          boost::json::object{{"name", one.name}, {"environment", one.environment}, {"from", one.from}});
    context.out.json(boost::json::object{{"secrets", std::move(lines)}});
    return 0;
  }
  if (all.empty()) {
    context.out.line("No secrets. belay secrets set NAME  makes one.");
    return 0;
  }
  Table table({{"NAME"}, {"ENVIRONMENT"}, {"FROM"}});
  for (const auto& one : all)
    table.add({one.name, one.environment.empty() ? "all" : one.environment, one.from});
  context.out.write(table.rendered(context.out_surface.style));
  return 0;
}

int show(const command::Secrets& asked, Context& context) {
  const SecretPlace place = place_asked(asked);
  if (!asked.reveal && !context.out_surface.terminal)
    throw bad_input("belay secrets show prints to a terminal only",
                    "what is printed here may be kept in a log", "with --reveal it prints anyway");
  const Repository repository = repository_of(asked, context);
  auto file = file_that_exists(repository);
  require_known(file, place, repository.named());
  std::erase_if(file.secrets, [&](const auto& one) { return one.first != place; });
  const auto found = require_key(repository.place, file.key_id);
  context.out.line(or_problems(opened_secrets(repository.place, file, found.key)).at(place));
  return 0;
}

/// Seals what is new or was changed; the rest keeps its bytes, so that a diff shows what was changed.
SecretsFile sealed_again(const OpenSecrets& now, const OpenSecrets& before, const SecretsFile& file,
                         const SecretKey& key) {
  SecretsFile result{file.key_id, {}};
  for (const auto& [place, value] : now) {
    const auto known = before.find(place);
    const bool same = known != before.end() && known->second == value;
    result.secrets[place] =
        same ? file.secrets.at(place) : SealedSecret{key.sealed(value, place.bound_to()), 0};
  }
  return result;
}

void refuse_unknown_environments(const OpenSecrets& secrets, const Config& config) {
  for (const auto& [place, value] : secrets)
    if (!place.section.empty() && config.find(place.section) == nullptr)
      throw bad_input(fmt::format("there is no environment '{}' in belay.yml", place.section), "",
                      "nothing was changed");
}

int edit(const command::Secrets& asked, Context& context) {
  const Repository repository = repository_of(asked, context);
  const auto file = file_that_exists(repository);
  const auto found = require_key(repository.place, file.key_id);
  const auto before = or_problems(opened_secrets(repository.place, file, found.key));
  const auto now = edited(before, context);
  if (now == before) {
    context.out.line("Nothing was changed.");
    return 0;
  }
  refuse_unknown_environments(now, repository.config);
  write(repository, sealed_again(now, before, file, found.key));
  context.out.line(fmt::format("{} is written: {} secrets.", repository.named(), now.size()));
  return 0;
}

int rekey(const command::Secrets& asked, Context& context) {
  const Repository repository = repository_of(asked, context);
  const auto file = file_that_exists(repository);
  const auto found = require_key(repository.place, file.key_id);
  const auto values = or_problems(opened_secrets(repository.place, file, found.key));
  const auto key = SecretKey::random();
  // An earlier change of the key that was cut off: its key is needed until the file is written.
  if (is_only_offered(repository.place, found)) adopt_key(repository.place);
  offer_key(repository.place, key);
  write(repository, sealed_again(values, {}, SecretsFile{key.id(), {}}, key));
  adopt_key(repository.place);
  const auto place = repository.place.key_file().string();
  context.out.line(
      fmt::format("{} has a new key. It is in {}; a key that was there before is in {}.old.\n"
                  "Make the line in that file the CI secret BELAY_KEY, and give it to your colleagues.\n"
                  "The old key still opens older commits: change the values that must stay secret.",
                  repository.named(), place, place));
  return 0;
}

}  // namespace

int run(const command::Secrets& asked, Context& context) {
  using Action = int (*)(const command::Secrets&, Context&);
  constexpr std::array<std::pair<const char*, Action>, 6> actions{
      {{"set", set}, {"list", list}, {"show", show}, {"rm", remove}, {"edit", edit}, {"rekey", rekey}}};
  const auto found =
      std::ranges::find(actions, asked.action, [](const auto& one) { return std::string(one.first); });
  if (found == actions.end())
    throw bad_input(asked.action.empty() ? "which action on the secrets?"
                                         : fmt::format("belay secrets cannot '{}'", asked.action),
                    "", "belay secrets set, list, show, rm, edit or rekey; belay help secrets explains them");
  return found->second(asked, context);
}

}  // namespace belay::cli
