#include "importer/expression.hpp"

#include <fmt/core.h>

namespace belay::importer {
namespace {

/// The value of an expression, as far as it is known without a run.
struct Value {
  enum class Kind { text, truth, unknown };
  Kind kind = Kind::unknown;
  std::string text{};
  bool truth = false;

  static Value of(std::string text) { return {Kind::text, std::move(text), false}; }
  static Value of(bool truth) { return {Kind::truth, {}, truth}; }
  std::optional<bool> as_truth() const {
    if (kind == Kind::truth) return truth;
    if (kind == Kind::unknown || has_ci_variable(text)) return std::nullopt;
    return !text.empty();
  }
};

std::string github_variable(std::string_view name) {
  std::string made = "GITHUB_";
  for (const char c : name)
    made += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '-' || c == '.' ? '_' : c;
  return made;
}

class Parser {
 public:
  Parser(std::string_view text, const Expressions& about) : text_(text), about_(about) {}

  Value all() {
    Value value = either(0);
    skip();
    return at_ < text_.size() ? Value{} : value;
  }

 private:
  static constexpr int deepest = 50;

  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  bool accept(std::string_view what) {
    skip();
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }

  Value either(int depth) {
    Value left = both(depth);
    while (accept("||")) {
      Value right = both(depth);
      const auto truth = left.as_truth();
      if (truth == true) continue;
      // A secret with a default: the default is all that a file can say.
      if (left.kind == Value::Kind::text && has_ci_variable(left.text) && right.kind == Value::Kind::text) {
        if (!has_ci_variable(right.text)) {
          if (about_.taken_default) about_.taken_default(fmt::format("{} → {}", trimmed(text_), right.text));
          left = right;
        }
        continue;
      }
      left =
          truth == false || right.as_truth() == true ? (truth == false ? right : unknown_or(right)) : Value{};
    }
    return left;
  }
  static Value unknown_or(const Value& right) { return right.kind == Value::Kind::truth ? right : Value{}; }

  Value both(int depth) {
    Value left = compared(depth);
    while (accept("&&")) {
      const Value right = compared(depth);
      const auto truth = left.as_truth();
      if (truth == true)
        left = right;
      else if (!truth)
        left = right.as_truth() == false ? Value::of(false) : Value{};
    }
    return left;
  }

  Value compared(int depth) {
    const Value left = one(depth + 1);
    skip();
    const bool equal = accept("==");
    if (!equal && !accept("!=")) return left;
    const Value right = one(depth + 1);
    if (left.kind != Value::Kind::text || right.kind != Value::Kind::text || has_ci_variable(left.text) ||
        has_ci_variable(right.text))
      return {};
    return Value::of((left.text == right.text) == equal);
  }

  Value one(int depth) {
    skip();
    if (at_ >= text_.size() || depth > deepest) return {};
    if (accept("!")) {
      const auto truth = one(depth + 1).as_truth();
      return truth ? Value::of(!*truth) : Value{};
    }
    if (accept("(")) {
      Value inside = either(depth + 1);
      accept(")");
      return inside;
    }
    if (text_[at_] == '\'') return literal();
    std::string name;
    while (at_ < text_.size() && text_.find_first_of(" \t\n()=!&|,<>", at_) != at_) name += text_[at_++];
    if (name.empty()) {
      ++at_;
      return {};
    }
    return accept("(") ? function(name, depth) : named(name);
  }

  Value literal() {
    std::string made;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\'' && !text_.substr(at_).starts_with("''")) break;
      if (text_[at_] == '\'') ++at_;
      made += text_[at_];
    }
    if (at_ < text_.size()) ++at_;
    return Value::of(made);
  }

  Value function(const std::string& name, int depth) {
    std::vector<Value> arguments;
    while (at_ < text_.size() && !accept(")")) {
      arguments.push_back(either(depth + 1));
      if (!accept(",")) {
        accept(")");
        break;
      }
    }
    if (name == "success") return Value::of(true);
    if (name == "always") return Value::of(true);
    if (one_of(name, {"failure", "cancelled"})) return Value::of(false);
    const bool known = arguments.size() == 2 && arguments[0].kind == Value::Kind::text &&
                       arguments[1].kind == Value::Kind::text;
    if (!known || has_ci_variable(arguments[0].text)) return {};
    if (name == "startsWith") return Value::of(arguments[0].text.starts_with(arguments[1].text));
    if (name == "endsWith") return Value::of(arguments[0].text.ends_with(arguments[1].text));
    if (name == "contains") return Value::of(arguments[0].text.find(arguments[1].text) != std::string::npos);
    return {};
  }

  Value named(const std::string& name) const {
    if (one_of(name, {"true", "false"})) return Value::of(name == "true");
    if (is_number(name)) return Value::of(name);
    for (const std::string_view context : {"secrets", "vars"}) {
      if (name.starts_with(std::string(context) + ".")) return secret(name.substr(context.size() + 1));
      if (name.starts_with(std::string(context) + "['") && name.ends_with("']"))
        return secret(name.substr(context.size() + 2, name.size() - context.size() - 4));
    }
    if (const auto found = about_.contexts.find(name); found != about_.contexts.end())
      return is_known(found->second) ? Value::of(found->second) : Value{};
    return name.starts_with("github.") ? of_github(name.substr(7)) : Value{};
  }

  static Value secret(const std::string& name) {
    return is_name(name) ? Value::of(ci_variable(name)) : Value{};
  }

  Value of_github(const std::string& name) const {
    if (name == "token") return Value::of(ci_variable("GITHUB_TOKEN"));
    if (name == "ref" && !about_.branch.empty()) return Value::of("refs/heads/" + about_.branch);
    if (name == "ref_name" && !about_.branch.empty()) return Value::of(about_.branch);
    if (one_of(name, {"sha", "actor", "repository", "repository_owner", "ref_name", "run_number", "run_id"}))
      return Value::of(ci_variable(github_variable(name)));
    return {};
  }

  std::string_view text_;
  const Expressions& about_;
  std::size_t at_ = 0;
};

std::string text_of(std::string_view expression, const Expressions& about) {
  const Value value = Parser(expression, about).all();
  if (value.kind == Value::Kind::text && value.text.find('\n') == std::string::npos) return value.text;
  if (value.kind == Value::Kind::truth) return value.truth ? "true" : "false";
  std::string shown = trimmed(expression);
  for (char& c : shown)
    if (c == '(' || c == ')' || c == '\'' || c == '"' || c == '\n') c = ' ';
  return fmt::format("$({})", shown);
}

}  // namespace

std::string Expressions::replaced(std::string_view text) const {
  std::string made;
  while (!text.empty()) {
    const std::size_t begin = text.find("${{");
    const std::size_t end = begin == std::string_view::npos ? begin : text.find("}}", begin);
    if (end == std::string_view::npos) break;
    made += text.substr(0, begin);
    made += text_of(text.substr(begin + 3, end - begin - 3), *this);
    text.remove_prefix(end + 2);
  }
  return made.append(text);
}

std::optional<bool> Expressions::holds(std::string_view condition) const {
  std::string inside = trimmed(condition);
  if (inside.empty()) return true;
  if (inside.starts_with("${{") && inside.ends_with("}}")) inside = inside.substr(3, inside.size() - 5);
  return Parser(inside, *this).all().as_truth();
}

}  // namespace belay::importer
