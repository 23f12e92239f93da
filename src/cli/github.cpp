#include "cli/github.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <unistd.h>

#include "base/files.hpp"
#include "model/utf8.hpp"

namespace belay::cli {
namespace {

/// Of one step's summary. What is larger is refused as a whole.
constexpr std::uintmax_t most_summary = 1024UL * 1024 - 1024;

/// A command ends at its line's end. Its properties end at ':' and ','.
std::string escaped(std::string_view text, bool property) {
  std::string result;
  for (const char c : text) {
    if (c == '%')
      result += "%25";
    else if (c == '\n')
      result += "%0A";
    else if (c == '\r')
      result += "%0D";
    else if (property && c == ':')
      result += "%3A";
    else if (property && c == ',')
      result += "%2C";
    else
      result += c;
  }
  return result;
}

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The runner obeys "::" behind blanks, of which Unicode has many, and "##[" anywhere in a line.
bool may_be_command(std::string_view line) {
  if (line.contains("##[")) return true;
  const auto at = line.find("::");
  return at != std::string_view::npos && std::ranges::none_of(line.substr(0, at), is_word);
}

std::string text_of(const VariableLookup& variable, const char* name) {
  return variable(name).value_or("");
}

}  // namespace

Github::Github(const VariableLookup& variable, std::string token)
    : token_("belay-" + std::move(token)),
      output_(text_of(variable, "GITHUB_OUTPUT")),
      summary_(text_of(variable, "GITHUB_STEP_SUMMARY")),
      workspace_(text_of(variable, "GITHUB_WORKSPACE")),
      in_job_(variable("GITHUB_ACTIONS") == "true") {}

bool Github::reads_stdout() const {
  return in_job_ && read_by_the_job(STDOUT_FILENO, "GITHUB_ACTIONS");
}

std::string Github::as_text(std::string_view lines) const {
  std::string result;
  while (!lines.empty()) {
    const auto end = std::min(lines.find_first_of("\r\n"), lines.size() - 1);
    const auto line = lines.substr(0, end + 1);
    lines.remove_prefix(end + 1);
    if (!may_be_command(line)) {
      result += line;
      continue;
    }
    result += fmt::format("::stop-commands::{}\n{}", token_, line);
    if (!line.ends_with('\n')) result += '\n';
    result += fmt::format("::{}::\n", token_);
  }
  return result;
}

std::string Github::fold_begins(const std::string& title, Time) {
  return fmt::format("::group::{}\n", escaped(title, false));
}

std::string Github::fold_ends(Time) {
  return "::endgroup::\n";
}

std::string Github::annotated(const Annotation& what) const {
  std::string properties;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty())
      properties += fmt::format("{}{}={}", properties.empty() ? "" : ",", name, escaped(value, true));
  };
  add("file", what.file.empty() ? "" : in_workspace(what.file));
  if (!properties.empty() && what.at.line > 0) {
    add("line", std::to_string(what.at.line));
    add("col", std::to_string(what.at.column));
  }
  add("title", what.title);
  return fmt::format("::{}{}{}::{}\n", what.level == Annotation::Level::error ? "error" : "warning",
                     properties.empty() ? "" : " ", properties, escaped(what.message, false));
}

std::string Github::hides(const std::vector<std::string>& values) const {
  std::string commands;
  for (std::string_view value : values) {
    while (!value.empty()) {
      const auto end = std::min(value.find_first_of("\r\n"), value.size());
      const auto line = value.substr(0, end);
      value.remove_prefix(std::min(end + 1, value.size()));
      // The frame of a key is no secret, and too short a text would be hidden everywhere.
      if (line.size() >= Masks::shortest && !line.starts_with("-----"))
        commands += fmt::format("::add-mask::{}\n", escaped(line, false));
    }
  }
  return commands;
}

std::string Github::add_summary(const std::string& markdown) {
  if (summary_.empty()) return {};
  std::error_code absent;
  const auto size = fs::file_size(summary_, absent);
  const std::uintmax_t left = absent ? most_summary : most_summary - std::min(most_summary, size);
  if (markdown.size() <= left) return append(summary_, markdown);
  const auto first_paragraph = markdown.substr(0, markdown.find("\n\n"));
  return first_paragraph.size() + 2 > left ? "" : append(summary_, first_paragraph + "\n\n");
}

std::string Github::write_result(const JobResult& result) {
  std::string text;
  for (const auto& [name, value] :
       {std::pair<const char*, const std::string&>{"environment", result.environment},
        {"outcome", result.outcome},
        {"release", result.release},
        {"url", result.url},
        {"run", result.run}})
    text += fmt::format("{0}<<{1}\n{2}\n{1}\n", name, token_, value);
  return append(output_, text);
}

std::string Github::in_workspace(const std::string& file) const {
  if (workspace_.empty()) return file;
  std::error_code unknown;
  const auto place = fs::weakly_canonical(fs::absolute(file), unknown)
                         .lexically_relative(fs::weakly_canonical(workspace_, unknown))
                         .generic_string();
  return unknown || place.empty() || place == ".." || place.starts_with("../") ? "" : place;
}

}  // namespace belay::cli
