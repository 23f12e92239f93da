#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/config.hpp"
#include "model/layout.hpp"
#include "saga/controller.hpp"

namespace belay {

/// Runs one run's plan in this process (the guard's forked child). With `recovering_as`, goes on with what is
/// left of it instead ("guard", "next command", "boot"); then nobody is heard. Throws Error if the
/// journal cannot be written. `logins` and `variables` are this process's memory's alone: a
/// recovery after the guard's death has none.
void run_to_the_end(const Layout&, const std::string& run, const Hearing&,
                    const std::optional<std::string>& recovering_as, std::vector<RegistryLogin> logins = {},
                    Values variables = {});

/// The environment variable that marks every child of a run, so that recovery can end those a dead executor
/// left.
inline constexpr auto run_variable = "BELAY_RUN";

}  // namespace belay
