#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "importer/words.hpp"

namespace belay::importer {

/// What an expression of GitHub Actions may ask, for one branch. A Scope has `env.NAME` and `matrix.NAME`.
struct Expressions {
  std::string branch;  // empty: not known
  const Scope& contexts;
  std::function<void(const std::string& text)> taken_default{};

  /// `${{ … }}` in a text. What only a run knows becomes `$(…)`, which is_known() says no to.
  std::string replaced(std::string_view text) const;
  /// An `if:`. Empty: it depends on the run.
  std::optional<bool> holds(std::string_view condition) const;
};

}  // namespace belay::importer
