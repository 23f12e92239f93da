#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace belay {

/// The candidate a mistyped word most likely meant, if one is close enough (edit distance with
/// transpositions).
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace belay
