#pragma once

#include <string>

namespace belay {

/// Whether the expected files are to be written instead of compared: BELAY_UPDATE_GOLDENS=1. Under CI that
/// fails the test: it would pass whatever comes.
bool updates_goldens();

/// Compares `text` with the file data/NAME, which a person has looked at; or writes it. Look at the
/// difference before committing it.
void check_golden(const std::string& name, const std::string& text);

}  // namespace belay
