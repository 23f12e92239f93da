#pragma once

#include <optional>
#include <string>

#include "base/background.hpp"
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
/// Of a command that did not see a run to its end. `handed_over`: the host may have begun; `stopped`: as who
/// typed the command asked.
Notice notice_of(const Audience&, const Error&, bool handed_over, bool stopped);

/// What could not be sent is a warning; with `all` also what was is shown. With --json each is an event.
void show_notice(const SentNotice&, Context&, bool json, bool all);

/// The notices of one command. What cannot be sent is shown, and changes no exit code.
class RunNotices {
 public:
  /// Without an audience nobody is told.
  RunNotices(const std::optional<Audience>&, Context&, bool json);

  /// The beginning is told while the command goes on.
  void found(const Commit&);
  void ended(const Ending&);
  void failed(const Error&, bool handed_over);

 private:
  using Sent = std::vector<SentNotice>;
  void tell(const Notice&);
  Notice masked(Notice) const;

  std::optional<Audience> audience_;
  Context& context_;
  bool json_;
  Commit commit_{};  // empty: not known yet
  std::optional<Beside<Sent>> beginning_{};
};

}  // namespace belay::cli
