#pragma once

#include <string>
#include <vector>

#include "importer/findings.hpp"

namespace belay::importer {

struct KamalFile {
  std::string name;  // of the destination
  Findings findings;
};

/// What Kamal's config/deploy.yml says, for each destination (config/deploy.NAME.yml) or once. Empty: there
/// is no such file.
std::vector<KamalFile> kamal_files(const Repository&);

}  // namespace belay::importer
