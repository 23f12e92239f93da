#include "model/secrets_file.hpp"

#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "base/base64.hpp"
#include "base/error.hpp"
#include "base/hex.hpp"
#include "model/config_values.hpp"
#include "model/utf8.hpp"
#include "model/yaml.hpp"

namespace belay {

namespace {

constexpr std::string_view header = "belay-secrets 1 key ";
constexpr std::size_t key_id_length = 16, longest = 64 * 1024;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(trimmed(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_key_id(std::string_view text) {
  return text.size() == key_id_length && all_hex(text);
}

bool is_conflict(std::string_view line) {
  return line.starts_with("<<<<<<<") || line.starts_with("=======") || line.starts_with(">>>>>>>");
}

/// Reads a file line by line; what is wrong with a line is noted, and the next one is read.
class Reader {
 public:
  explicit Reader(std::string name) : name_(std::move(name)) {}

  std::expected<SecretsFile, Problems> read(std::string_view text) {
    const auto lines = lines_of(text);
    read_header(lines.empty() ? std::string_view() : lines.front());
    if (problems_.empty()) read_rest(lines);
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    return std::move(file_);
  }

 private:
  void report(std::string message, std::string remedy) {
    problems_.push_back({name_, {at_, 1}, std::move(message), std::move(remedy), {}});
  }

  void read_header(std::string_view line) {
    at_ = 1;
    if (line.starts_with(header) && is_key_id(line.substr(header.size()))) {
      file_.key_id = line.substr(header.size());
    } else if (line.starts_with("belay-secrets ") && !line.starts_with(header.substr(0, 16))) {
      report("this file has a format that this belay does not know", "use a newer belay");
    } else {
      report("this is no file of secrets: its first line is not 'belay-secrets 1 key …'",
             "restore the file from git; belay secrets set makes a new one where there is none");
    }
  }

  void read_rest(const std::vector<std::string_view>& lines) {
    for (std::size_t i = 1; i < lines.size(); ++i) {
      at_ = static_cast<int>(i) + 1;
      read_line(lines[i]);
    }
  }

  void read_line(std::string_view line) {
    if (line.empty()) return;
    if (is_conflict(line)) {
      report("this is the mark of a merge conflict",
             "keep the line of one side for each name, and remove the marks");
    } else if (line.starts_with('[')) {
      read_section(line);
    } else {
      read_secret(line);
    }
  }

  void read_section(std::string_view line) {
    const auto name = line.substr(1, line.size() - (line.ends_with(']') ? 2 : 1));
    if (!line.ends_with(']') || !environment_name_value(name))
      report("this is no section", "a section is an environment's name in brackets: [production]");
    else
      section_ = name;
  }

  void read_secret(std::string_view line) {
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    if (colon == std::string_view::npos || !variable_name_value(name))
      return report("this is neither 'NAME: …' nor a section", "belay secrets edit changes the file");
    const SecretPlace place{section_, std::string(name)};
    auto bytes = decoded(trimmed(line.substr(colon + 1)));
    if (!bytes)
      return report(fmt::format("the value of {} is cut off or was changed", place.shown()),
                    "restore the line from git, or set the secret again");
    const auto [known, added] = file_.secrets.emplace(place, SealedSecret{std::move(*bytes), at_});
    if (!added)
      report(
          fmt::format("{} stands here a second time; line {} has it too", place.shown(), known->second.line),
          "remove one of the lines");
  }

  static std::optional<std::string> decoded(std::string_view text) {
    try {  // what is wrong is the line, which the caller knows
      return base64_decoded(text);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  std::string name_;
  int at_ = 0;
  std::string section_;
  SecretsFile file_;
  Problems problems_;
};

/// Calls `visit(begins_section, place, value)` in the order in which a file has them.
template <class Secrets, class Visit>
void in_order(const Secrets& secrets, const Visit& visit) {
  std::string section;
  for (const auto& [place, value] : secrets) {
    visit(place.section != section, place, value);
    section = place.section;
  }
}

/// Whether YAML takes the character between double quotes as it is.
bool stands_as_it_is(unsigned point) {
  return (point >= 0x20 && point < 0x7F && point != '"' && point != '\\') ||
         (point >= 0xA0 && point != 0x2028 && point != 0x2029 && point != 0xFEFF && point != 0xFFFE &&
          point != 0xFFFF);
}

std::string double_quoted(std::string_view value) {
  std::string text = "\"";
  while (!value.empty()) {
    const auto length = std::max<std::size_t>(1, utf8_sequence_length(value));
    const unsigned point = utf8_code_point(value.substr(0, length));
    if (point == '"' || point == '\\')
      text += std::string("\\") + value.front();
    else if (point == '\n')
      text += "\\n";
    else if (stands_as_it_is(point))
      text += value.substr(0, length);
    else
      text += fmt::format("\\u{:04x}", point);
    value.remove_prefix(length);
  }
  return text + "\"";
}

/// Whether a value of several lines can be shown as lines: nothing in it is lost, or looks like indentation.
bool shown_as_lines(std::string_view value) {
  const auto end = value.find_last_not_of('\n');
  return value.contains('\n') && end != std::string_view::npos && end + 2 >= value.size() &&
         std::ranges::all_of(value, [](char c) { return c == '\n' || (c >= ' ' && c < 0x7F); }) &&
         value.front() != ' ' && value.front() != '\n';
}

std::string as_yaml(std::string_view value, std::string_view indent) {
  if (!shown_as_lines(value)) return double_quoted(value);
  std::string text = value.ends_with('\n') ? "|" : "|-";
  if (value.ends_with('\n')) value.remove_suffix(1);
  while (true) {
    const auto end = std::min(value.find('\n'), value.size());
    text += fmt::format("\n{}{}", end == 0 ? "" : indent, value.substr(0, end));
    if (end == value.size()) return text;
    value.remove_prefix(end + 1);
  }
}

/// Reads one mapping of names to values, or of environments to such mappings.
void read_open(const YamlNode& mapping, const std::string& section, const std::string& file,
               OpenSecrets& into, Problems& problems) {
  const auto report = [&](Location at, std::string message, std::string remedy) {
    problems.push_back({file, at, std::move(message), std::move(remedy), {}});
  };
  for (const YamlEntry& entry : mapping.entries) {
    if (entry.value.kind == YamlNode::Kind::mapping && section.empty()) {
      if (!environment_name_value(entry.key))
        report(entry.at, "this cannot be an environment", "a mapping has the name of an environment");
      else
        read_open(entry.value, entry.key, file, into, problems);
    } else if (!variable_name_value(entry.key)) {
      report(entry.at, "this cannot be the name of a secret",
             "letters, digits and '_', not beginning with a digit");
    } else if (entry.value.kind != YamlNode::Kind::scalar || entry.value.is_null()) {
      report(entry.at, fmt::format("{} has no value", entry.key), "write NAME: value, or remove the line");
    } else if (auto fault = fault_of_secret(entry.value.text); !fault.empty()) {
      report(entry.at, fmt::format("the value of {} {}", entry.key, fault), "");
    } else {
      into.insert_or_assign({section, entry.key}, entry.value.text);
    }
  }
}

}  // namespace

std::string SecretPlace::shown() const {
  return section.empty() ? name : name + " of " + section;
}

std::string SecretPlace::bound_to() const {
  return fmt::format("belay-secrets 1\n[{}]\n{}", section, name);
}

std::expected<SecretsFile, Problems> parse_secrets_file(const std::string& file, std::string_view text) {
  return Reader(file).read(text);
}

std::string secrets_file_text(const SecretsFile& file) {
  std::string text = std::string(header) + file.key_id + "\n";
  in_order(file.secrets, [&](bool begins, const SecretPlace& place, const SealedSecret& secret) {
    if (begins) text += fmt::format("\n[{}]\n", place.section);
    text += fmt::format("{}: {}\n", place.name, base64_encoded(secret.bytes));
  });
  return text;
}

std::string open_secrets_text(const OpenSecrets& secrets) {
  std::string text;
  in_order(secrets, [&](bool begins, const SecretPlace& place, const std::string& value) {
    if (begins) text += fmt::format("\n{}:\n", place.section);
    const auto* const indent = place.section.empty() ? "" : "  ";
    text += fmt::format("{}{}: {}\n", indent, place.name, as_yaml(value, std::string(indent) + "  "));
  });
  return text;
}

std::expected<OpenSecrets, Problems> parse_open_secrets(const std::string& file, const std::string& text) {
  YamlDocument document = parse_yaml(file, text);
  for (auto& problem : document.problems) problem.line_text.clear();  // it may show a value
  OpenSecrets secrets;
  if (document.root && document.root->kind == YamlNode::Kind::mapping)
    read_open(*document.root, "", file, secrets, document.problems);
  else if (document.root && !document.root->is_null())
    document.problems.push_back({file, {1, 1}, "this is no list of secrets", "write NAME: value", {}});
  if (!document.problems.empty()) return std::unexpected(std::move(document.problems));
  return secrets;
}

std::string fault_of_secret(std::string_view value) {
  if (value.empty()) return "is empty";
  if (value.size() > longest) return "is longer than 64 KiB";
  if (value.contains('\0')) return "has a zero byte";
  while (!value.empty()) {
    const auto length = utf8_sequence_length(value);
    if (length == 0) return "is no text (UTF-8); encode bytes as base64";
    value.remove_prefix(length);
  }
  return {};
}

}  // namespace belay
