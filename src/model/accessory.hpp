#pragma once

#include <string>

#include "model/json_archive.hpp"

namespace belay {

/// A service that a deployment leaves as it runs, otherwise than the compose file and its files say now.
struct StaleAccessory {
  std::string service;
  std::string what;    // a sentence
  std::string remedy;  // the command that brings it up to date
};

void fields(auto& archive, Is<StaleAccessory> auto& accessory) {
  archive.required("service", accessory.service);
  archive("what", accessory.what);
  archive("remedy", accessory.remedy);
}

}  // namespace belay
