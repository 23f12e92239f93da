#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/problem.hpp"

namespace belay {

/// The text of a file that compose reads; nothing: it cannot be read.
using ReadComposeFile = std::function<std::optional<std::string>(const std::filesystem::path&)>;

struct ComposePlace {
  std::filesystem::path file;
  Location at;
};

/// Where a key such as {"services", "web", "ports"} stands: in the last of these files that has it, else in a
/// file that these include, or that the service extends. Where the key is nowhere: its service, network or
/// volume. Nothing: that is in no file either.
std::optional<ComposePlace> place_of_key(const std::vector<std::filesystem::path>& files,
                                         const std::vector<std::string>& key, const ReadComposeFile&);

}  // namespace belay
