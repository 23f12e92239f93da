#include "importer/shell_lines.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace belay::importer {
namespace {

bool is_keyword(std::string_view word) {
  return one_of(word, {"if", "then", "else", "elif", "do", "while", "until", "!", "{", "time"});
}

class Reader {
 public:
  Reader(std::string_view text, int first_line) : text_(text), line_(first_line) {}

  std::vector<ShellLine> all() {
    begin("");
    while (at_ < text_.size()) step();
    finish("");
    return std::move(lines_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool next_is(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  char take() {
    const char c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
  }

  void begin(std::string joined) {
    current_ = {};
    current_.joined = std::move(joined);
    current_.line = line_;
  }
  void finish(std::string next_joined) {
    end_word();
    current_.last_line = line_;
    if (!current_.words.empty() || !current_.assignments.empty() || !current_.keywords.empty() ||
        !current_.redirects.empty() || !current_.arrays.empty())
      lines_.push_back(std::move(current_));
    begin(std::move(next_joined));
  }

  void step() {
    const char c = peek();
    if (c == '\\' && peek(1) == '\n') {
      take();
      take();
    } else if (c == '\\' && peek(1) == '\r' && peek(2) == '\n') {
      at_ += 2;
      take();
    } else if (c == '\n') {
      newline();
    } else if (c == ' ' || c == '\t' || c == '\r') {
      end_word();
      take();
    } else if (c == '#' && !in_word_) {
      while (at_ < text_.size() && peek() != '\n') take();
    } else if (c == ';') {
      take();
      const bool twice = peek() == ';';
      if (twice) take();
      finish(twice ? ";;" : "");
    } else if (c == '&' && !(peek(1) == '>')) {
      take();
      const bool twice = peek() == '&';
      if (twice) take();
      finish(twice ? "&&" : "&");
    } else if (c == '|') {
      take();
      const bool twice = peek() == '|';
      if (twice || peek() == '&') take();
      finish(twice ? "||" : "|");
    } else if (c == '<' || c == '>' || (c == '&' && peek(1) == '>')) {
      redirect();
    } else if (c == '(' && !in_word_) {
      take();
      finish(current_.joined);
      current_.keywords.emplace_back("(");
    } else if (c == '(' && word_.ends_with('=')) {
      array();
    } else if (c == '(' && peek(1) == ')') {  // NAME() { … }
      take();
      take();
      word_ += "()";
      finish("");
    } else if (c == ')') {
      take();
      finish("");
      current_.keywords.emplace_back(")");
    } else {
      part();
    }
  }

  void newline() {
    end_word();
    take();
    read_here_documents();
    // A line that ends in && or | goes on.
    if (current_.words.empty() && current_.assignments.empty() && !current_.joined.empty())
      current_.line = line_;
    else
      finish("");
    if (current_.words.empty()) current_.line = line_;
  }

  // A piece of a word: quoted or not.
  void part() {
    if (!in_word_) word_line_ = line_;
    in_word_ = true;
    const char c = peek();
    if (c == '\'') {
      take();
      while (at_ < text_.size() && peek() != '\'') add_literal(take());
      if (at_ < text_.size()) take();
      quoted_ = true;
    } else if (c == '"') {
      take();
      double_quoted();
      quoted_ = true;
    } else if (c == '\\' && at_ + 1 < text_.size()) {
      take();
      add_literal(take());
    } else if (c == '$' && peek(1) == '\'') {
      take();
    } else if (c == '$' || c == '`') {
      substitution();
    } else {
      word_ += take();
    }
  }

  void add_literal(char c) { word_ += c == '$' ? plain_dollar : c; }

  void double_quoted() {
    while (at_ < text_.size() && peek() != '"') {
      if (peek() == '\\' && peek(1) == '\n') {
        take();
        take();
      } else if (peek() == '\\' &&
                 one_of(std::string_view(text_).substr(at_ + 1, 1), {"$", "`", "\"", "\\"})) {
        take();
        add_literal(take());
      } else if (peek() == '$' || peek() == '`') {
        substitution();
      } else {
        word_ += take();
      }
    }
    if (at_ < text_.size()) take();
  }

  // `$(…)`, `${…}`, `…`: kept as they are written, whatever is inside.
  void substitution() {
    if (peek() == '`') {
      word_ += take();
      while (at_ < text_.size() && peek() != '`') word_ += take();
      if (at_ < text_.size()) word_ += take();
      return;
    }
    word_ += take();
    if (peek() == '(' || peek() == '{') balanced(peek(), peek() == '(' ? ')' : '}');
  }

  void balanced(char open, char close) {
    int depth = 0;
    char quote = '\0';
    while (at_ < text_.size()) {
      const char c = take();
      word_ += c;
      if (quote != '\0') {
        if (c == quote) quote = '\0';
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == open) {
        ++depth;
      } else if (c == close && --depth == 0) {
        return;
      }
    }
  }

  void array() {
    const std::string name = word_.substr(0, word_.size() - (word_.ends_with("+=") ? 2 : 1));
    word_.clear();
    in_word_ = false;
    take();
    const std::size_t before = current_.words.size();
    const bool had_words = before > 0;
    std::vector<std::string> kept = std::exchange(current_.words, {"("});
    while (at_ < text_.size() && peek() != ')') {
      if (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') {
        end_word();
        take();
      } else if (peek() == '#' && !in_word_) {
        while (at_ < text_.size() && peek() != '\n') take();
      } else {
        part();
      }
    }
    end_word();
    if (at_ < text_.size()) take();
    std::vector<std::string> items(current_.words.begin() + 1, current_.words.end());
    current_.words = std::move(kept);
    if (!had_words || is_name(name)) current_.arrays.emplace_back(name, std::move(items));
  }

  void redirect() {
    // A number right before it is a descriptor.
    if (in_word_ && is_number(word_)) {
      descriptor_ = word_;
      word_.clear();
      in_word_ = false;
    }
    end_word();
    if (peek() == '&') take();
    std::string operation(1, take());
    if (operation == "<" && next_is("<<")) {
      at_ += 2;
      operation = "<<<";
    } else if (operation == "<" && next_is("<-")) {
      at_ += 2;
      operation = "<<-";
    } else if (peek() == operation.front()) {
      operation += take();
    } else if (operation == "<" && peek() == '(') {  // a process's output in place of a file
      balanced('(', ')');
      in_word_ = true;
      return;
    }
    if (peek() == '&' || peek() == '|') {
      take();
      while (at_ < text_.size() && (peek() == '-' || (peek() >= '0' && peek() <= '9'))) take();
      return;
    }
    pending_ = operation;
  }

  void end_word() {
    if (!in_word_) return;
    std::string word = std::exchange(word_, {});
    in_word_ = false;
    const bool quoted = std::exchange(quoted_, false);
    if (!pending_.empty())
      end_redirect(std::move(word), quoted);
    else
      place(std::move(word), quoted);
  }

  void end_redirect(std::string word, bool quoted) {
    const std::string operation = std::exchange(pending_, {});
    ShellLine::Redirect made{operation, std::move(word), line_, !quoted};
    if (operation == "<<" || operation == "<<-") {
      made.operation = "<<";
      here_.push_back({lines_.size(), current_.redirects.size(), made.target, operation == "<<-"});
    }
    // Of errors' output nothing is wanted.
    if (std::exchange(descriptor_, {}) == "2") return;
    current_.redirects.push_back(std::move(made));
  }

  void place(std::string word, bool quoted) {
    if (current_.words.empty() && current_.assignments.empty() && current_.arrays.empty())
      current_.line = word_line_;
    if (current_.words.empty() && !quoted && current_.assignments.empty() && is_keyword(word)) {
      current_.keywords.push_back(std::move(word));
      return;
    }
    const std::size_t equals = word.find('=');
    if (current_.words.empty() && equals != std::string::npos && is_name(word.substr(0, equals))) {
      current_.assignments.emplace_back(word.substr(0, equals), word.substr(equals + 1));
      return;
    }
    current_.words.push_back(std::move(word));
  }

  struct Here {
    std::size_t command;  // its place among lines_, whether it is there yet or not
    std::size_t redirect;
    std::string delimiter;
    bool strips_tabs;
  };

  void read_here_documents() {
    for (const Here& here : std::exchange(here_, {})) {
      std::string body;
      const int start = line_;
      while (at_ < text_.size()) {
        std::string one;
        while (at_ < text_.size() && peek() != '\n') one += take();
        if (at_ < text_.size()) take();
        if (here.strips_tabs) one.erase(0, std::min(one.find_first_not_of('\t'), one.size()));
        if (trimmed(one) == here.delimiter) break;  // indented ones, too: YAML and editors indent them
        body += one + "\n";
      }
      ShellLine& command = here.command < lines_.size() ? lines_[here.command] : current_;
      if (here.redirect >= command.redirects.size()) continue;
      auto& redirect = command.redirects[here.redirect];
      redirect.target = redirect.expands ? unescaped(body) : body;
      redirect.line = start;
    }
  }

  // `\$` of a here-document that is expanded here is a dollar there.
  static std::string unescaped(const std::string& body) {
    std::string made;
    for (std::size_t i = 0; i < body.size(); ++i) {
      const bool escaped =
          body[i] == '\\' && i + 1 < body.size() && one_of(body.substr(i + 1, 1), {"$", "`", "\\"});
      if (!escaped)
        made += body[i];
      else
        made += body[++i] == '$' ? plain_dollar : body[i];
    }
    return made;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_;
  int word_line_ = 0;
  std::vector<ShellLine> lines_;
  ShellLine current_;
  std::string word_, pending_, descriptor_;
  bool in_word_ = false, quoted_ = false;
  std::vector<Here> here_;
};

}  // namespace

std::vector<ShellLine> parse_shell(std::string_view text, int first_line) {
  return Reader(text, first_line).all();
}

}  // namespace belay::importer
