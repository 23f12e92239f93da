#include "control/secret_values.hpp"

#include <algorithm>
#include <ranges>
#include <set>
#include <vector>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/in_parallel.hpp"
#include "base/process.hpp"
#include "model/masks.hpp"
#include "model/secrets.hpp"
#include "model/visible_text.hpp"

namespace belay {

namespace {

constexpr std::chrono::seconds command_time{30};
constexpr std::size_t at_a_time = 8, longest_words = 600;
constexpr int shown_lines = 5;

/// The place of a name in the file: the environment's own section comes before the common one.
std::optional<SecretPlace> place_in(const SecretsFile& file, const std::string& environment,
                                    const std::string& name) {
  for (const auto& section : {environment, std::string()})
    if (file.secrets.contains({section, name})) return SecretPlace{section, name};
  return std::nullopt;
}

Problem does_not_open(const fs::path& file, const SecretPlace& place, const SealedSecret& secret) {
  return {
      file.string(),
      {secret.line, 1},
      fmt::format("the value of {} was changed, cut off, or moved here from another place", place.shown()),
      "restore the line from git, or set the secret again: belay secrets set " + place.name,
      {}};
}

SecretsFile only_needed(const SecretsFile& file, const std::string& environment,
                        const SecretsNeeded& needed) {
  SecretsFile part{file.key_id, {}};
  for (const auto& secret : needed.secrets)
    if (const auto place = place_in(file, environment, secret.name))
      part.secrets.emplace(*place, file.secrets.at(*place));
  return part;
}

bool any_required(const SecretsNeeded& needed) {
  return std::ranges::any_of(needed.secrets, &NeededSecret::required);
}

/// A key that is missing or wrong, as a mistake in the first line of the file, which names the key.
Problem of_key(const fs::path& file, const Error& error) {
  return {file.string(),
          {1, 1},
          error.message() + (error.why().empty() ? "" : ": " + error.why()),
          error.next(),
          {}};
}

/// A secret's name has letters, digits and '_': it is one word for a shell as it is, within quotes too.
std::string command_for(std::string command, const std::string& name) {
  constexpr std::string_view mark = "{name}";
  for (std::size_t at = 0; (at = command.find(mark, at)) != std::string::npos; at += name.size())
    command.replace(at, mark.size(), name);
  return command;
}

/// Its last words, in one line.
std::string last_words(std::string_view printed) {
  std::string words;
  for (const auto& part : last_lines(printed, shown_lines) | std::views::split('\n')) {
    const std::string_view line(part);
    if (!line.empty()) words.append(words.empty() ? "" : "; ").append(line);
  }
  return words;
}

}  // namespace

std::expected<std::optional<SecretsFile>, Problems> sealed_secrets(const SecretsPlace& place) {
  const auto text = read_file_if_exists(place.file());
  if (!text) return std::nullopt;
  auto file = parse_secrets_file(place.file().string(), *text);
  if (!file) return std::unexpected(std::move(file.error()));
  return std::move(*file);
}

std::expected<OpenSecrets, Problems> opened_secrets(const SecretsPlace& place, const SecretsFile& file,
                                                    const SecretKey& key) {
  OpenSecrets opened;
  Problems problems;
  for (const auto& [where, secret] : file.secrets) {
    if (auto value = key.opened(secret.bytes, where.bound_to()))
      opened.emplace(where, std::move(*value));
    else
      problems.push_back(does_not_open(place.file(), where, secret));
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return opened;
}

SecretAsker::SecretAsker(fs::path config_file, Values at_hand, std::stop_token stop)
    : config_file_(std::move(config_file)), at_hand_(std::move(at_hand)), stop_(std::move(stop)) {}

/// What an environment's file gives.
struct SecretAsker::FromFile {
  Values values;
  std::set<std::string> names;  // those that it has, whether their values can be read or not
  bool readable = true;         // its lines can be read: what is not among the names is not there
  Problems problems;
};

SecretAsker::FromFile SecretAsker::from_file(const SecretsPlace& place, const std::string& environment,
                                             const SecretsNeeded& needed) const {
  FromFile given;
  if (place.sources.file.empty()) return given;
  auto file = sealed_secrets(place);
  if (!file) return {.values = {}, .names = {}, .readable = false, .problems = std::move(file.error())};
  if (!*file) return given;
  const auto part = only_needed(**file, environment, needed);
  for (const auto& [where, secret] : part.secrets) given.names.insert(where.name);
  if (part.secrets.empty()) return given;
  try {
    const auto found = require_key(place, part.key_id);
    for (const auto& [where, secret] : part.secrets)
      if (auto value = found.key.opened(secret.bytes, where.bound_to()))
        given.values.emplace(where.name, std::move(*value));
      else
        given.problems.push_back(does_not_open(place.file(), where, secret));
  } catch (const Error& error) {
    given.problems.push_back(of_key(place.file(), error));
  }
  return given;
}

SecretAsker::Answer SecretAsker::answer_of(const std::string& command, const fs::path& directory) const {
  auto printed =
      capture({.argv = {"sh", "-c", command}, .directory = directory}, stop_, Deadline::in(command_time));
  Answer answer{.value = {}, .fault = {}, .words = last_words(printed.err)};
  if (printed.out.ends_with('\n')) printed.out.pop_back();
  if (printed.out.ends_with('\r')) printed.out.pop_back();
  if (!printed.ok())
    answer.fault = printed.outcome.described();
  else if (auto fault = fault_of_secret(printed.out); !fault.empty())
    answer.fault = "what it prints " + fault;
  answer.value = printed.out;  // of one that failed, too: its words may have it
  wipe(printed.out);
  return answer;
}

void SecretAsker::run(const std::vector<std::string>& commands, const fs::path& directory) {
  std::vector<std::string> new_ones;
  for (const auto& command : commands)
    if (answers_.try_emplace(command).second) new_ones.push_back(command);
  in_parallel(
      new_ones.size(), [&](std::size_t i) { answers_.at(new_ones[i]) = answer_of(new_ones[i], directory); },
      at_a_time);
  if (stop_.stop_requested()) throw Error("stopped while the secrets were asked for", "nothing was begun");
}

Problem SecretAsker::refused(const NeededSecret& secret, const std::string& command) const {
  const auto& answer = answers_.at(command);
  Values hidden = at_hand_;
  for (const auto& [asked, other] : answers_) hidden.emplace("answer of " + asked, other.value);
  const auto words = answer.words.empty() ? std::string() : ": " + Masks(hidden).masked(answer.words);
  return {config_file_.string(),
          secret.at,
          fmt::format("the secret {} is not known: {}: {}{}", secret.name, command, answer.fault,
                      visible_text(words, longest_words)),
          "try the command by hand, or set " + secret.name + " in the environment",
          {}};
}

void SecretAsker::ask_command(const SecretsPlace& place, const std::vector<NeededSecret>& asked,
                              Values& values, Problems& problems) {
  std::vector<std::string> commands;
  commands.reserve(asked.size());
  for (const auto& secret : asked) commands.push_back(command_for(place.sources.command, secret.name));
  for (const auto& [name, value] : values)
    at_hand_.emplace("in the file: " + place.file().string() + name, value);
  run(commands, place.directory);
  for (std::size_t i = 0; i < asked.size(); ++i)
    if (answers_.at(commands[i]).fault.empty())
      values.emplace(asked[i].name, answers_.at(commands[i]).value);
    else
      problems.push_back(refused(asked[i], commands[i]));
}

std::expected<Values, Problems> SecretAsker::ask(const std::string& environment,
                                                 const SecretsNeeded& needed) {
  const SecretsPlace place{needed.app, config_file_.parent_path(), needed.sources};
  auto [values, names, readable, problems] = from_file(place, environment, needed);
  // Values that are only masked are not worth an error: without them belay works, and knows less to mask.
  if (!any_required(needed)) return values;
  std::vector<NeededSecret> missing;
  for (const auto& secret : needed.secrets)
    if (readable && secret.required && !names.contains(secret.name)) missing.push_back(secret);
  if (!place.sources.command.empty())
    ask_command(place, missing, values, problems);
  else if (!problems.empty())  // else they are told with all else that is wrong with belay.yml
    for (const auto& secret : missing)
      problems.push_back(unset_secret(config_file_.string(), secret, needed.sources));
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return values;
}

}  // namespace belay
