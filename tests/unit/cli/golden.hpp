#pragma once

#include <string>

namespace belay {

/// Compares `text` with the file data/NAME, which a person has looked at. With BELAY_UPDATE_GOLDENS=1 the
/// file is written instead: look at the difference before committing it.
void check_golden(const std::string& name, const std::string& text);

}  // namespace belay
