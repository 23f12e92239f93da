#pragma once

#include <optional>
#include <string>

#include "cli/context.hpp"
#include "control/deployment.hpp"
#include "control/notices.hpp"

namespace belay::cli {

/// Whom a command tells how it ended: what `notify` of its environment says.
struct Audience {
  std::string app;
  const EnvironmentConfig* environment = nullptr;
  bool rollback = false;  // the command is one
};

Notice notice_of(const Audience&, const Ending&);
/// Of a command that did not see a run to its end; `handed_over`: the host may have begun. Empty: the error
/// concerns only who typed the command, such as a mistyped name.
std::optional<Notice> notice_of(const Audience&, const Error&, bool handed_over);

/// What could not be sent is a warning; with `all` also what was is shown. With --json each is an event.
void show_notice(const SentNotice&, Context&, bool json, bool all);
/// Sends it, and shows what could not be sent. It changes no exit code.
void tell(const Audience&, const Notice&, Context&, bool json);

}  // namespace belay::cli
