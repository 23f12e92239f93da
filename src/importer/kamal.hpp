#pragma once

#include <optional>

#include "importer/findings.hpp"

namespace belay::importer {

struct KamalFile {
  Findings findings;
};

/// What Kamal's config/deploy.yml says of the server and the health check. Empty: it is no such file.
std::optional<KamalFile> kamal_file(const SourceFile&);

}  // namespace belay::importer
