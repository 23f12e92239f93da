#include "error_messages.hpp"

#include <algorithm>
#include <set>

#include "pages_of_the_project.hpp"

namespace fs = std::filesystem;

namespace belay::testing {

namespace {

/// A word, a string literal's text, or one other character.
struct Token {
  enum class Kind { word, text, mark } kind;
  std::string text;
  int line;
};

bool is_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Splits C++ into tokens; comments and character literals are left out.
class Scanner {
 public:
  explicit Scanner(const std::string& source) : source_(source) {}
  std::vector<Token> tokens();

 private:
  bool at(const char* text) const { return source_.compare(at_, std::string(text).size(), text) == 0; }
  void skip_until(const std::string& end);
  void take_text();
  void take_raw_text();
  void take_word();
  void put(Token::Kind kind, std::string text) { tokens_.push_back({kind, std::move(text), line_}); }
  void count_lines(std::size_t from) {
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(from),
                                         source_.begin() + static_cast<std::ptrdiff_t>(at_), '\n'));
  }

  const std::string& source_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::vector<Token> tokens_;
};

void Scanner::skip_until(const std::string& end) {
  const std::size_t found = source_.find(end, at_);
  at_ = found == std::string::npos ? source_.size() : found + end.size();
}

void Scanner::take_text() {
  std::string text;
  for (++at_; at_ < source_.size() && source_[at_] != '"'; ++at_) {
    if (source_[at_] == '\\') ++at_;
    text += source_[at_];
  }
  ++at_;
  put(Token::Kind::text, text);
}

void Scanner::take_raw_text() {
  const std::size_t open = source_.find('(', at_);
  const std::string end = ")" + source_.substr(at_ + 2, open - at_ - 2) + "\"";
  at_ = open + 1;
  const std::size_t begin = at_;
  skip_until(end);
  put(Token::Kind::text, source_.substr(begin, at_ - begin - end.size()));
}

void Scanner::take_word() {
  const std::size_t begin = at_;
  while (at_ < source_.size() &&
         (is_letter(source_[at_]) || (source_[at_] == '\'' && is_letter(source_[at_ - 1]))))
    ++at_;
  put(Token::Kind::word, source_.substr(begin, at_ - begin));
}

std::vector<Token> Scanner::tokens() {
  while (at_ < source_.size()) {
    const std::size_t begin = at_;
    if (at("//")) {
      skip_until("\n");
    } else if (at("R\"")) {
      take_raw_text();
    } else if (source_[at_] == '"') {
      take_text();
    } else if (source_[at_] == '\'') {
      at_ += source_[at_ + 1] == '\\' ? 2 : 1;
      ++at_;
      skip_until("'");
    } else if (is_letter(source_[at_])) {
      take_word();
    } else {
      if (std::isspace(static_cast<unsigned char>(source_[at_])) == 0)
        put(Token::Kind::mark, std::string(1, source_[at_]));
      ++at_;
    }
    count_lines(begin);
  }
  return std::move(tokens_);
}

/// fmt's `{}` becomes `…`, and `{{` a brace.
std::string with_gaps(const std::string& text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool doubled = i + 1 < text.size() && text[i + 1] == text[i];
    if (text[i] == '{' && !doubled) {
      shown += "…";
      i = std::min(text.find('}', i), text.size());
    } else {
      shown += text[i];
      if ((text[i] == '{' || text[i] == '}') && doubled) ++i;
    }
  }
  return shown;
}

/// What the tokens of an expression that makes a message say.
std::string message_of(const std::vector<Token>& expression) {
  const std::string gap = "…";
  std::string message;
  for (const Token& token : expression) {
    if (token.kind == Token::Kind::text)
      message += with_gaps(token.text);
    else if (token.text != "+" && !message.ends_with(gap))
      message += gap;
  }
  return message;
}

bool opens(const Token& token) {
  return token.kind == Token::Kind::mark && std::string("([{").find(token.text) != std::string::npos;
}
bool closes(const Token& token) {
  return token.kind == Token::Kind::mark && std::string(")]}").find(token.text) != std::string::npos;
}

/// The first argument, whose tokens begin at `begin`: one expression, or one for each branch of a `? :`.
std::vector<std::vector<Token>> first_argument(const std::vector<Token>& tokens, std::size_t begin) {
  std::vector<std::vector<Token>> branches(1);
  int depth = 0;
  bool chooses = false;
  for (std::size_t i = begin; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    const bool outside = depth == 0 && token.kind == Token::Kind::mark;
    if (outside && (token.text == "," || closes(token))) break;
    depth += opens(token) ? 1 : closes(token) ? -1 : 0;
    if (outside && token.text == "?") {
      branches.back().clear();  // the condition
      chooses = true;
    } else if (outside && chooses && token.text == ":" && tokens[i - 1].text != ":" &&
               tokens[i + 1].text != ":") {
      branches.emplace_back();
    } else {
      branches.back().push_back(token);
    }
  }
  return branches;
}

bool has_words(const std::vector<Token>& expression) {
  return std::ranges::any_of(expression, [](const Token& token) {
    return token.kind == Token::Kind::text && std::ranges::any_of(token.text, is_letter);
  });
}

/// `what_failed = …`, or a text that ends so.
bool names_a_failure(const std::vector<Token>& expression) {
  for (std::size_t i = 0; i + 1 < expression.size(); ++i)
    if (expression[i].text == "what_failed" && expression[i + 1].text == "=") return true;
  return !expression.empty() && expression.back().kind == Token::Kind::text &&
         expression.back().text.ends_with(" failed");
}

/// Each run of tokens between brackets, commas and the marks of a choice.
std::vector<std::vector<Token>> expressions(const std::vector<Token>& tokens) {
  std::vector<std::vector<Token>> found;
  std::vector<std::vector<Token>> nested(1);  // by brackets
  for (const Token& token : tokens) {
    const bool ends =
        token.kind == Token::Kind::mark && std::string(",;?:").find(token.text) != std::string::npos;
    if (!ends && !opens(token) && !closes(token)) {
      nested.back().push_back(token);
      continue;
    }
    if (!opens(token)) {
      if (!nested.back().empty()) found.push_back(nested.back());
      nested.back().clear();
    }
    if (opens(token)) nested.emplace_back();
    if (closes(token) && nested.size() > 1) nested.pop_back();
  }
  return found;
}

}  // namespace

std::vector<ErrorMessage> error_messages_in(const std::string& source, const std::string& file) {
  const std::set<std::string> makers = {"Error", "system_error", "not_understood", "bad_input"};
  const auto tokens = Scanner(source).tokens();
  std::vector<ErrorMessage> found;
  const auto add = [&](const std::vector<Token>& expression) {
    if (has_words(expression))
      found.push_back({file + ":" + std::to_string(expression.front().line), message_of(expression)});
  };
  for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (tokens[i].kind != Token::Kind::word || !makers.contains(tokens[i].text)) continue;
    const std::size_t open = i + (tokens[i + 1].kind == Token::Kind::word ? 2 : 1);  // `Error error(`
    if (tokens[open].text == "(") std::ranges::for_each(first_argument(tokens, open + 1), add);
  }
  // A driver names what has failed and leaves the Error to the function that asks:
  // `"building " + names + " failed"`.
  for (const auto& expression : expressions(tokens))
    if (names_a_failure(expression)) add(expression);
  return found;
}

std::vector<ErrorMessage> all_texts_in(const std::string& source, const std::string& file) {
  std::vector<ErrorMessage> found;
  for (const auto& expression : expressions(Scanner(source).tokens()))
    if (has_words(expression))
      found.push_back({file + ":" + std::to_string(expression.front().line), message_of(expression)});
  return found;
}

namespace {

std::vector<ErrorMessage> in_all_sources(std::vector<ErrorMessage> (&messages_in)(const std::string&,
                                                                                  const std::string&)) {
  std::vector<ErrorMessage> all;
  const fs::path sources = project_directory() / "src";
  for (const auto& entry : fs::recursive_directory_iterator(sources)) {
    if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
    const std::string file = "src/" + entry.path().lexically_relative(sources).string();
    for (auto& message : messages_in(text_of_file(entry.path()), file)) all.push_back(std::move(message));
  }
  return all;
}

}  // namespace

std::vector<ErrorMessage> error_messages() {
  return in_all_sources(error_messages_in);
}

std::vector<ErrorMessage> all_texts() {
  return in_all_sources(all_texts_in);
}

}  // namespace belay::testing
