#include "model/shell_command.hpp"

#include <fmt/core.h>

namespace belay {

namespace {

/// Follows a script, character by character, as far as one must to know whether the shell would expand a
/// parameter at this place. It knows quotes, comments, `$( )`, backquotes and here-documents. A closing
/// parenthesis of a `case` pattern inside of `$( )` it takes for the end of that.
class ShellPlace {
 public:
  enum class Kind { expands, single_quotes, escaped, quoted_document };

  Kind kind() const {
    if (escaped_) return Kind::escaped;
    if (in_document_) return documents_.front().quoted ? Kind::quoted_document : Kind::expands;
    return inner() == Inside::single ? Kind::single_quotes : Kind::expands;
  }

  void pass(char c) {
    if (in_document_) return pass_document(c);
    if (inner() == Inside::single) {
      if (c == '\'') inside_.pop_back();
    } else if (escaped_) {
      escaped_ = false;
    } else if (c == '\\' && inner() == Inside::delimiter) {
      documents_.back().quoted = true;
    } else if (c == '\\') {
      escaped_ = inner() != Inside::comment;
    } else if (c == '\n') {
      end_line();
    } else if (inner() == Inside::comment) {
      // To the line's end, whatever stands in it.
    } else if (inner() == Inside::delimiter) {
      pass_delimiter(c);
    } else {
      pass_code(c);
    }
    before_ = last_;
    last_ = c;
  }

  /// A parameter stands here.
  void pass_parameter() {
    escaped_ = false;
    before_ = last_;
    last_ = 'x';
    line_ += 'x';
  }

 private:
  enum class Inside { code, single, twofold, substitution, backquotes, comment, delimiter };
  struct Document {
    std::string delimiter{};
    bool quoted = false, tabs = false;
  };

  Inside inner() const { return inside_.empty() ? Inside::code : inside_.back(); }
  bool at_word_start() const { return std::string_view(" \t\n;&|()").contains(last_); }

  void pass_code(char c) {
    const bool in_quotes = inner() == Inside::twofold;
    if (c == '"')
      in_quotes ? inside_.pop_back() : inside_.push_back(Inside::twofold);
    else if (c == '\'' && !in_quotes)
      inside_.push_back(Inside::single);
    else if (c == '`')
      inner() == Inside::backquotes ? inside_.pop_back() : inside_.push_back(Inside::backquotes);
    else if (c == '(' && (!in_quotes || last_ == '$'))
      inside_.push_back(Inside::substitution);
    else if (c == ')' && inner() == Inside::substitution)
      inside_.pop_back();
    else if (c == '#' && !in_quotes && at_word_start())
      inside_.push_back(Inside::comment);
    else if (c == '<' && last_ == '<' && before_ != '<' && !in_quotes && !in_arithmetic())
      begin_delimiter();
  }

  /// `$((1 << 2))` has no document.
  bool in_arithmetic() const {
    const auto size = inside_.size();
    return size >= 2 && inside_[size - 1] == Inside::substitution &&
           inside_[size - 2] == Inside::substitution;
  }

  void begin_delimiter() {
    documents_.emplace_back();
    inside_.push_back(Inside::delimiter);
  }

  void pass_delimiter(char c) {
    auto& document = documents_.back();
    const bool empty = document.delimiter.empty() && !document.quoted;
    if (c == '<' && empty) {  // `<<<` is a word, no document
      documents_.pop_back();
      inside_.pop_back();
    } else if (c == '-' && empty && last_ == '<') {
      document.tabs = true;
    } else if (c == '\'' || c == '"') {
      document.quoted = true;
    } else if (std::string_view(" \t;&|)").contains(c)) {
      if (empty) return;
      inside_.pop_back();
      pass_code(c);
    } else {
      document.delimiter += c;
    }
  }

  void end_line() {
    while (inner() == Inside::comment || inner() == Inside::delimiter) inside_.pop_back();
    in_document_ = !documents_.empty();
    line_.clear();
  }

  void pass_document(char c) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\' && !documents_.front().quoted) {
      escaped_ = true;
    }
    if (c != '\n') {
      if (c != '\t' || !documents_.front().tabs || !line_.empty()) line_ += c;
      return;
    }
    if (line_ == documents_.front().delimiter) documents_.erase(documents_.begin());
    in_document_ = !documents_.empty();
    escaped_ = false;
    line_.clear();
    last_ = '\n';
  }

  std::vector<Inside> inside_;       // innermost last
  std::vector<Document> documents_;  // announced, in order; the first is being read when in_document_
  bool in_document_ = false, escaped_ = false;
  std::string line_;  // of the document, so far
  char last_ = '\n', before_ = '\n';
};

/// Calls `text(character)` and `variable(piece, place)` in order.
template <class Text, class Variable>
void walk(std::string_view text, const Text& on_text, const Variable& on_variable) {
  ShellPlace place;
  for (const auto& piece : pieces_of(text)) {
    if (piece.kind == TemplatePiece::Kind::variable) {
      on_variable(piece, place.kind());
      place.pass_parameter();
      continue;
    }
    for (const char c : piece.text) {
      on_text(c);
      place.pass(c);
    }
  }
}

}  // namespace

std::string parameter_of(const std::string& variable) {
  return "BELAY_VALUE_" + variable;
}

ShellCommand shell_command(std::string_view text, const Values& values) {
  ShellCommand command;
  walk(
      text, [&](char c) { command.script += c; },
      [&](const TemplatePiece& piece, ShellPlace::Kind kind) {
        const auto parameter = "${" + parameter_of(piece.text) + "}";
        // The single quotes end before it and begin anew behind it.
        command.script += kind == ShellPlace::Kind::single_quotes ? "'\"" + parameter + "\"'" : parameter;
        if (const auto found = values.find(piece.text); found != values.end())
          command.environment[parameter_of(piece.text)] = found->second;
      });
  return command;
}

ContainerCommand container_command(std::string_view text, const std::vector<std::string>& words,
                                   const Values& values) {
  if (!words.empty()) return {.words = words};
  const auto [script, parameters] = shell_command(text, values);
  ContainerCommand command{.words = {"sh", "-c", script}};
  for (const auto& [name, value] : parameters) command.environment.push_back(name + "=" + value);
  return command;
}

std::vector<Expanded::Fault> shell_faults(std::string_view text) {
  std::vector<Expanded::Fault> faults;
  walk(
      text, [](char) {},
      [&](const TemplatePiece& piece, ShellPlace::Kind kind) {
        const auto name = "${" + piece.text + "}";
        if (kind == ShellPlace::Kind::escaped)
          faults.push_back({piece.offset, fmt::format("a backslash stands before {}", name),
                            fmt::format("take it away; a text that the shell is to read as {} is written ${}",
                                        name, name)});
        if (kind == ShellPlace::Kind::quoted_document)
          faults.push_back(
              {piece.offset,
               fmt::format("{} stands in a here-document whose delimiter is quoted: the shell does not "
                           "replace it there",
                           name),
               "write the delimiter without quotes: <<END"});
      });
  return faults;
}

}  // namespace belay
