#include "model/variables.hpp"

#include <fmt/core.h>

namespace belay {

namespace {

bool is_name(std::string_view name) {
  constexpr std::string_view digits_and_letters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  return !name.empty() && digits_and_letters.find(name.front(), 10) != std::string_view::npos &&
         name.find_first_not_of(digits_and_letters) == std::string_view::npos;
}

}  // namespace

Expanded expand_variables(std::string_view text, const VariableLookup& lookup) {
  Expanded expanded;
  std::size_t at = 0;
  const auto take = [&](std::size_t length) {
    expanded.text += text.substr(at, length);
    at += length;
  };
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("$$")) {
      expanded.text += '$';
      at += 2;
    } else if (rest.starts_with("${")) {
      const std::size_t end = rest.find('}');
      const std::string_view whole = rest.substr(0, end == std::string_view::npos ? end : end + 1);
      const std::string name(whole.substr(2, end == std::string_view::npos ? end : end - 2));
      if (end == std::string_view::npos || !is_name(name)) {
        expanded.malformed.push_back({at, fmt::format("'{}' is not a variable", whole),
                                      "write ${NAME}; a dollar as such is written $$"});
        take(whole.size());
      } else if (auto value = lookup(name)) {
        expanded.text += *value;
        at += whole.size();
      } else {
        expanded.unset.push_back({at, fmt::format("the variable {} is not set", name),
                                  fmt::format("set it in the environment: export {}=...", name)});
        take(whole.size());
      }
    } else {
      take(1);
    }
  }
  return expanded;
}

}  // namespace belay
