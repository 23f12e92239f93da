#include "importer/server_scripts.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/core.h>

namespace belay::importer {
namespace {

bool is_of_name(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string in_capitals(std::string_view text) {
  std::string made;
  for (const char c : text) made += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return made;
}

/// A value inside of a line, without its quotes.
struct Span {
  std::size_t begin = 0, length = 0;
};

// The value that begins at `at`: up to its closing quote, or to where the word ends.
Span value_at(std::string_view line, std::size_t at, std::string_view ends = " \t;&|<>()\"'`") {
  const char quote = at < line.size() && (line[at] == '"' || line[at] == '\'') ? line[at] : '\0';
  if (quote != '\0') {
    const std::size_t end = std::min(line.find(quote, at + 1), line.size());
    return {at + 1, end - at - 1};
  }
  return {at, std::min(line.find_first_of(ends, at), line.size()) - at};
}

/// Where a secret stands, and the variable that takes its place.
struct Secret {
  Span value;
  std::string name;
};

// What a variable holds, or a command prints, is not written there.
bool is_literal(std::string_view line, const Span& span) {
  const std::string_view value = line.substr(span.begin, span.length);
  return !value.empty() && value.find_first_of("$`") != 0 && value != ".*" && !has_ci_variable(value);
}

// The name that ends at `end`: DB_PASSWORD of `DB_PASSWORD=`, token of `--token=`.
std::string name_before(std::string_view line, std::size_t end) {
  std::size_t begin = end;
  while (begin > 0 && (is_of_name(line[begin - 1]) || line[begin - 1] == '-')) --begin;
  while (begin < end && line[begin] == '-') ++begin;
  std::string name(line.substr(begin, end - begin));
  std::ranges::replace(name, '-', '_');
  return name;
}

// NAME=value; `name: value` of YAML and of a header.
std::optional<Secret> assigned_in(std::string_view line) {
  const bool has_header =
      line.find("-H ") != std::string_view::npos || line.find("--header") != std::string_view::npos;
  for (std::size_t at = line.find_first_of("=:"); at != std::string_view::npos;
       at = line.find_first_of("=:", at + 1)) {
    const std::string name = name_before(line, at);
    if (!is_name(name) || !names_secret(name)) continue;
    const bool is_pair = line[at] == ':';
    const bool begins = trimmed(line.substr(0, at)).size() == name.size();
    if (is_pair && !((begins || has_header) && line.substr(at).starts_with(": "))) continue;
    const Span value = value_at(line, at + (is_pair ? 2 : 1));
    if (is_literal(line, value)) return Secret{value, name};
  }
  return std::nullopt;
}

// The word behind an option that takes a password.
std::optional<Secret> after_option(std::string_view line) {
  const bool logs_in = std::ranges::any_of(
      std::initializer_list<std::string_view>{"login ", "mysql", "mariadb", "mongo", "sshpass"},
      [&](std::string_view program) { return line.find(program) != std::string_view::npos; });
  for (const std::string_view option : {" --password ", " --pass ", " --token ", " --secret ", " -p ", " -p"})
    for (std::size_t at = line.find(option); at != std::string_view::npos; at = line.find(option, at + 1)) {
      const Span value = value_at(line, at + option.size());
      const bool is_short = option.starts_with(" -p");
      if ((is_short && !logs_in) || !is_literal(line, value) || line[value.begin] == '-') continue;
      return Secret{value, is_short ? "password" : trimmed(option).substr(2)};
    }
  return std::nullopt;
}

// Addresses and words that are secrets by themselves.
std::optional<Secret> after_sign(std::string_view line) {
  for (const std::string_view sign : {"Bearer ", "Basic ", "/bot", "hooks.slack.com/services/",
                                      "discord.com/api/webhooks/", "discordapp.com/api/webhooks/"})
    for (std::size_t at = line.find(sign); at != std::string_view::npos; at = line.find(sign, at + 1)) {
      const bool is_bot = sign == "/bot";  // of Telegram: /bot123:abc/sendMessage
      const Span value = value_at(line, at + sign.size(), is_bot ? " /\"'" : " \"'");
      const bool fits = !is_bot || line.substr(value.begin, value.length).find(':') != std::string_view::npos;
      if (fits && is_literal(line, value))
        return Secret{value, sign.find("hooks") != std::string_view::npos ? "webhook" : "token"};
    }
  return std::nullopt;
}

// https://user:password@host
std::optional<Secret> in_address(std::string_view line) {
  for (std::size_t at = line.find("://"); at != std::string_view::npos; at = line.find("://", at + 3)) {
    const std::size_t end = std::min(line.find_first_of(" /\"'", at + 3), line.size());
    const std::size_t sign = line.substr(0, end).rfind('@');
    const std::size_t colon = line.find(':', at + 3);
    if (sign == std::string_view::npos || sign < at || colon >= sign) continue;
    if (const Span value{colon + 1, sign - colon - 1}; is_literal(line, value))
      return Secret{value, "password"};
  }
  return std::nullopt;
}

std::optional<Secret> secret_in(std::string_view line) {
  if (trimmed(line).starts_with('#')) return std::nullopt;
  for (const auto find : {assigned_in, after_option, after_sign, in_address})
    if (auto found = find(line)) return found;
  return std::nullopt;
}

}  // namespace

bool names_secret(std::string_view variable) {
  const std::string name = in_capitals(variable);
  const bool has_word = std::ranges::any_of(
      std::initializer_list<std::string_view>{"PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN",
                                              "API_KEY", "APIKEY", "PRIVATE", "CREDENTIAL", "ACCESS_KEY",
                                              "WEBHOOK"},
      [&](std::string_view word) { return name.find(word) != std::string::npos; });
  return has_word || name.ends_with("_PASS") || name.ends_with("_PWD") || name.ends_with("_KEY") ||
         name.ends_with("_DSN") || one_of(name, {"PASS", "PWD_DB", "PGPASS"});
}

std::string server_name(std::string_view user, std::string_view host, std::string_view port) {
  if (host.empty() || !is_known(host) || !is_known(user) || !is_known(port)) return "";
  const bool has_port = !port.empty() && port != "22";
  return as_belay_text(fmt::format("{}{}{}{}{}", user, user.empty() ? "" : "@", host, has_port ? ":" : "",
                                   has_port ? port : ""));
}

std::string shown_on(std::string_view server, std::string_view path) {
  std::string_view host = server.substr(server.rfind('@') + 1);  // npos + 1 is 0
  if (const std::size_t colon = host.rfind(':');
      colon != std::string_view::npos && is_number(host.substr(colon + 1)))
    host = host.substr(0, colon);
  return fmt::format("{}:{}", host.empty() ? "host" : host, path);
}

WithoutSecrets without_secrets(std::string_view script) {
  WithoutSecrets made;
  std::map<std::string, std::string> values;  // by the name that stands for them
  // Two values of one name are two secrets: TOKEN, TOKEN_2.
  const auto name_for = [&](const Secret& secret, const std::string& value) {
    const std::string name = in_capitals(secret.name);
    std::string free = name;
    for (int number = 2; values.try_emplace(free, value).first->second != value; ++number)
      free = fmt::format("{}_{}", name, number);
    return free;
  };
  int number = 0;
  for (std::string line : split(script, '\n')) {
    ++number;
    // A value that was replaced is found no more, so this ends.
    while (const auto secret = secret_in(line)) {
      const std::string name = name_for(*secret, line.substr(secret->value.begin, secret->value.length));
      line.replace(secret->value.begin, secret->value.length, ci_variable(name));
      made.hidden.push_back({name, number});
    }
    made.text += (number > 1 ? "\n" : "") + line;
  }
  return made;
}

}  // namespace belay::importer
