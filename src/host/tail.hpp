#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "model/journal_record.hpp"
#include "model/layout.hpp"

namespace belay {

/// Shows a run's records from number `from` on, those to come too, until its close. When its executor and
/// guard are both dead, `on_abandoned` is called (once a second at the most) and it goes on. Throws Error if
/// the journal cannot be read.
void tail_journal(const Layout&, const std::string& run, std::uint64_t from,
                  const std::function<void(const Record&)>& show, const std::function<void()>& on_abandoned,
                  std::stop_token);

}  // namespace belay
