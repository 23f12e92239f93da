#pragma once

#include "model/time_zone.hpp"
#include "model/variables.hpp"

namespace belay {

/// Reads the zones of this machine's tz database: in $TZDIR, or where systems keep it. The result may be
/// kept: it holds no open file.
ZoneLookup zones_of_this_machine(const VariableLookup&);

}  // namespace belay
