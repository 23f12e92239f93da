#pragma once

#include <optional>
#include <string>

#include "model/notice_form.hpp"

namespace belay {

/// Under which name a notice stands beside its commit: "belay/crm/production". Empty where it tells nothing
/// of a commit: of a rollback, of a working tree, of what a freeze refused, and where no commit is known.
std::optional<std::string> status_context(const Notice&);

/// Sets the status. `link`: where a click on it leads; may be empty.
NoticeRequest status_request(const CommitStatus&, const Notice&, const std::string& link);

}  // namespace belay
