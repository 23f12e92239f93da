#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace belay::importer {

/// A key of the draft with its value as YAML. Several lines: a block below the key.
struct Entry {
  std::string key;
  std::vector<std::string> lines;
  std::string comment{};
  bool gap = false;

  bool same_value(const Entry& other) const {
    return key == other.key && lines == other.lines && gap == other.gap;
  }
};

/// A text as a YAML scalar, quoted where YAML or belay would read it as something else.
std::string scalar(std::string_view);
/// [a, b]
std::string flow(const std::vector<std::string>&);
std::string rendered(const Entry&, int indent);

}  // namespace belay::importer
