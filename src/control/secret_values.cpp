#include "control/secret_values.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include <fmt/core.h>

#include "base/background.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "model/masks.hpp"
#include "model/visible_text.hpp"

namespace belay {

namespace {

constexpr std::chrono::seconds command_time{30};
constexpr std::size_t at_a_time = 8, shown_lines = 5, longest_words = 600;

/// The place of a name in the file: the environment's own section comes before the common one.
std::optional<SecretPlace> place_in(const SecretsFile& file, const std::string& environment,
                                    const std::string& name) {
  for (const auto& section : {environment, std::string()})
    if (file.secrets.contains({section, name})) return SecretPlace{section, name};
  return std::nullopt;
}

Problem does_not_open(const std::string& file, const SecretPlace& place, const SealedSecret& secret) {
  return {
      file,
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

std::expected<Values, Problems> values_in_file(const SecretsPlace& place, const std::string& environment,
                                               const SecretsNeeded& needed) {
  if (place.sources.file.empty()) return Values();
  auto file = sealed_secrets(place);
  if (!file) return std::unexpected(std::move(file.error()));
  if (!*file) return Values();
  const auto part = only_needed(**file, environment, needed);
  if (part.secrets.empty()) return Values();
  const auto found = require_key(place, part.key_id);
  auto opened = opened_secrets(place, part, found.key);
  if (!opened) return std::unexpected(std::move(opened.error()));
  Values values;
  for (auto& [where, value] : *opened) values.emplace(where.name, std::move(value));
  return values;
}

bool any_required(const SecretsNeeded& needed) {
  return std::ranges::any_of(needed.secrets, &NeededSecret::required);
}

/// Values that are only masked are not worth an error: without them belay works, and knows less to mask.
std::expected<Values, Problems> values_in_file_if_needed(const SecretsPlace& place,
                                                         const std::string& environment,
                                                         const SecretsNeeded& needed) {
  if (any_required(needed)) return values_in_file(place, environment, needed);
  try {
    return values_in_file(place, environment, needed).value_or(Values());
  } catch (const Error&) {
    return Values();
  }
}

/// A secret's name has letters, digits and '_': it is one word for a shell as it is, within quotes too.
std::string command_for(std::string command, const std::string& name) {
  constexpr std::string_view mark = "{name}";
  for (std::size_t at = 0; (at = command.find(mark, at)) != std::string::npos; at += name.size())
    command.replace(at, mark.size(), name);
  return command;
}

std::string last_lines(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  std::string last;
  for (std::size_t i = lines.size() - std::min(lines.size(), shown_lines); i < lines.size(); ++i)
    last += (last.empty() ? "" : "; ") + lines[i];
  return last;
}

/// What came of one command.
struct Answer {
  std::string value;
  std::string fault;  // empty: the value is good
  std::string words;  // what it printed on stderr
};

Answer answer_of(const std::string& command, const SecretsPlace& place, const std::stop_token& stop) {
  auto printed = capture({.argv = {"sh", "-c", command}, .directory = place.directory}, stop,
                         Deadline::in(command_time));
  Answer answer{.value = {}, .fault = {}, .words = last_lines(printed.err)};
  if (!printed.ok()) {
    answer.fault = printed.outcome.described();
  } else {
    if (printed.out.ends_with('\n')) printed.out.pop_back();
    if (printed.out.ends_with('\r')) printed.out.pop_back();
    if (auto fault = fault_of_secret(printed.out); !fault.empty()) answer.fault = "what it prints " + fault;
    answer.value = printed.out;
  }
  wipe(printed.out);
  return answer;
}

/// Runs all commands, a few at a time, and waits for all.
std::vector<Answer> answers_of(const std::vector<std::string>& commands, const SecretsPlace& place,
                               const std::stop_token& stop) {
  std::vector<Answer> answers(commands.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < commands.size(); i = next++)
      answers[i] = answer_of(commands[i], place, stop);
  };
  std::vector<Beside<void>> workers;
  for (std::size_t i = 0; i < std::min(commands.size(), at_a_time); ++i) workers.emplace_back(work);
  for (auto& worker : workers) worker.get();
  return answers;
}

Problem refused(const std::string& config_file, const NeededSecret& secret, const std::string& command,
                const Answer& answer, const Masks& masks) {
  const auto words =
      visible_text(masks.masked(answer.words.empty() ? std::string() : ": " + answer.words), longest_words);
  return {config_file,
          secret.at,
          fmt::format("the secret {} is not known: {}: {}{}", secret.name, command, answer.fault, words),
          "try the command by hand, or set " + secret.name + " in the environment",
          {}};
}

/// Asks the command for each name that has no value yet.
Problems ask_command(const SecretsPlace& place, const std::string& config_file, const SecretsNeeded& needed,
                     Values& values, const std::stop_token& stop) {
  std::vector<NeededSecret> asked;
  std::vector<std::string> commands;
  for (const auto& secret : needed.secrets) {
    if (!secret.required || values.contains(secret.name)) continue;
    asked.push_back(secret);
    commands.push_back(command_for(place.sources.command, secret.name));
  }
  const auto answers = answers_of(commands, place, stop);
  for (std::size_t i = 0; i < asked.size(); ++i)
    if (answers[i].fault.empty()) values.emplace(asked[i].name, answers[i].value);
  const Masks masks(values);
  Problems problems;
  for (std::size_t i = 0; i < asked.size(); ++i)
    if (!answers[i].fault.empty())
      problems.push_back(refused(config_file, asked[i], commands[i], answers[i], masks));
  return problems;
}

}  // namespace

std::expected<std::optional<SecretsFile>, Problems> sealed_secrets(const SecretsPlace& place) {
  const auto text = read_file_if_exists(place.file());
  if (!text) return std::nullopt;
  auto file = parse_secrets_file(place.sources.file, *text);
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
      problems.push_back(does_not_open(place.sources.file, where, secret));
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return opened;
}

std::expected<Values, Problems> secret_values(const SecretsPlace& place, const std::string& config_file,
                                              const std::string& environment, const SecretsNeeded& needed,
                                              std::stop_token stop) {
  auto values = values_in_file_if_needed(place, environment, needed);
  if (!values || place.sources.command.empty()) return values;
  if (auto problems = ask_command(place, config_file, needed, *values, stop); !problems.empty())
    return std::unexpected(std::move(problems));
  return values;
}

}  // namespace belay
