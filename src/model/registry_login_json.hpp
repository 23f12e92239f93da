#pragma once

#include "model/config.hpp"
#include "model/json_archive.hpp"

namespace belay {

/// On the line only, which is a pipe or ssh's: nothing that is kept may hold it.
void fields(auto& archive, Is<RegistryLogin> auto& login) {
  archive.required("registry", login.registry);
  archive.required("user", login.user);
  archive.required("password", login.password);
}

}  // namespace belay
