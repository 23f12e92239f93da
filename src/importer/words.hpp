#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belay::importer {

/// Where something stands: the file's path inside the repository, and a line counted from 1.
struct Place {
  std::string file;
  int line = 0;
  std::string shown() const;  // "deploy.yml:12"
};

/// A text on its way from a workflow to belay.yml. Three bytes that no text file has carry what quotes and
/// expressions decided: a dollar that is only a dollar, and the name of a variable of the CI, which becomes
/// `${NAME}` in belay.yml. What is left of `$NAME`, `$(…)` and backquotes is not known here.
inline constexpr char plain_dollar = '\x01';
inline constexpr char ci_begin = '\x02';
inline constexpr char ci_end = '\x03';

std::string ci_variable(std::string_view name);
/// Whether nothing of the text is left that only a running shell would know.
bool is_known(std::string_view);
/// Whether a variable of the CI is in it.
bool has_ci_variable(std::string_view);
std::vector<std::string> ci_variables(std::string_view);
/// As belay.yml has it: `${NAME}` for the variables of the CI. `${` that belay would read as its own is kept
/// from it by a second dollar.
std::string as_belay_text(std::string_view);
/// As a person reads it in a message: on one line, at most 100 bytes.
std::string as_shown(std::string_view);

/// The values of variables by name: texts as above.
using Scope = std::map<std::string, std::string>;

/// Replaces `$NAME`, `${NAME}` and `${NAME:-default}` by what the scope has. `taken_default` is called with
/// the text of each default that was taken. `unknown`: what a variable without a value becomes; without it
/// such a variable stays as it is.
struct Expansion {
  const Scope& scope;
  std::function<std::string(const std::string& name)> unknown{};
  std::function<void(const std::string& text)> taken_default{};
};
std::string expanded(std::string_view, const Expansion&);

std::string trimmed(std::string_view);
std::vector<std::string> split(std::string_view, char separator);
bool is_number(std::string_view);
bool is_name(std::string_view);  // of a variable
bool one_of(std::string_view word, std::initializer_list<std::string_view> words);

}  // namespace belay::importer
