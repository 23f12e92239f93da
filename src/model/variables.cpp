#include "model/variables.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace belay {

namespace {

bool is_name(std::string_view name) {
  constexpr std::string_view digits_and_letters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  return !name.empty() && digits_and_letters.find(name.front(), 10) != std::string_view::npos &&
         name.find_first_not_of(digits_and_letters) == std::string_view::npos;
}

/// What begins with `${`: to its brace, or, where there is none, to the text's end.
TemplatePiece piece_in_braces(std::string_view rest, std::size_t offset) {
  const std::size_t end = rest.find('}');
  const auto whole = rest.substr(0, end == std::string_view::npos ? end : end + 1);
  if (end != std::string_view::npos && is_name(rest.substr(2, end - 2)))
    return {TemplatePiece::Kind::variable, std::string(rest.substr(2, end - 2)), offset};
  return {TemplatePiece::Kind::malformed, std::string(whole), offset};
}

std::string as_written(const std::string& name) {
  return "${" + name + "}";
}

}  // namespace

VariableLookup lookup_in(const Values& values) {
  return [values](const std::string& name) {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

std::vector<TemplatePiece> pieces_of(std::string_view text) {
  std::vector<TemplatePiece> pieces;
  const auto add_text = [&](std::string_view more, std::size_t offset) {
    if (pieces.empty() || pieces.back().kind != TemplatePiece::Kind::text)
      pieces.push_back({TemplatePiece::Kind::text, {}, offset});
    pieces.back().text += more;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("$$")) {
      add_text("$", at);
      at += 2;
    } else if (rest.starts_with("${")) {
      pieces.push_back(piece_in_braces(rest, at));
      const bool named = pieces.back().kind == TemplatePiece::Kind::variable;
      at += pieces.back().text.size() + (named ? 3 : 0);
    } else {
      add_text(rest.substr(0, 1), at++);
    }
  }
  return pieces;
}

Expanded expand_variables(std::string_view text, const VariableLookup& lookup) {
  Expanded expanded;
  for (const auto& piece : pieces_of(text)) {
    if (piece.kind == TemplatePiece::Kind::text) {
      expanded.text += piece.text;
    } else if (piece.kind == TemplatePiece::Kind::malformed) {
      expanded.malformed.push_back({piece.offset, fmt::format("'{}' is not a variable", piece.text),
                                    "write ${NAME}; a dollar as such is written $$"});
      expanded.text += piece.text;
    } else if (auto value = lookup(piece.text)) {
      expanded.text += *value;
    } else {
      expanded.unset.push_back({piece.offset, fmt::format("the variable {} is not set", piece.text),
                                fmt::format("set it in the environment: export {}=...", piece.text)});
      expanded.text += as_written(piece.text);
    }
  }
  return expanded;
}

std::vector<std::string> variables_in(std::string_view text) {
  std::vector<std::string> names;
  for (const auto& piece : pieces_of(text))
    if (piece.kind == TemplatePiece::Kind::variable && std::ranges::find(names, piece.text) == names.end())
      names.push_back(piece.text);
  return names;
}

std::string filled(std::string_view text, const Values& values) {
  return expand_variables(text, lookup_in(values)).text;
}

std::string as_template(std::string_view text) {
  std::string doubled;
  for (const char c : text) doubled += c == '$' ? std::string("$$") : std::string(1, c);
  return doubled;
}

std::string partly_filled(std::string_view text, const Values& values) {
  const auto names = variables_in(text);
  if (std::ranges::none_of(names, [&](const auto& name) { return values.contains(name); }))
    return std::string(text);
  std::string written;
  for (const auto& piece : pieces_of(text)) {
    const auto value = piece.kind == TemplatePiece::Kind::variable ? values.find(piece.text) : values.end();
    if (piece.kind == TemplatePiece::Kind::malformed)
      written += piece.text;
    else if (piece.kind == TemplatePiece::Kind::text)
      written += as_template(piece.text);
    else
      written += value == values.end() ? as_written(piece.text) : as_template(value->second);
  }
  return written;
}

}  // namespace belay
