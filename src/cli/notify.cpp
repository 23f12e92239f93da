#include <algorithm>

#include <fmt/core.h>

#include "base/time.hpp"
#include "cli/environment_choice.hpp"
#include "cli/notices.hpp"
#include "cli/quiet_watcher.hpp"
#include "control/source.hpp"

namespace belay::cli {
namespace {

bool is_commit_status(const NoticeTarget& target) {
  return std::holds_alternative<CommitStatus>(target.means);
}

/// The one that is deployed next.
Commit last_commit(const Chosen& chosen, Context& context) {
  QuietWatcher watcher(context.err, context.err_surface.style);
  return find_source(chosen.config.file, chosen.environment().source, "HEAD", false, watcher, context.stop())
      .commit;
}

}  // namespace

int run(const command::Notify& asked, Context& context) {
  if (asked.action != "test")
    throw Error(asked.action.empty() ? "which action on the notices?"
                                     : fmt::format("belay notify cannot '{}'", asked.action),
                "", "belay notify test ENV", ExitCode::bad_input);
  const Chosen chosen = choose_environment(context, asked.environment, Needed::for_a_release);
  const EnvironmentConfig& environment = chosen.environment();
  if (environment.notify.empty())
    throw Error(fmt::format("belay.yml has no notify for {}", chosen.name), "",
                "Name the targets, for example  notify: [{ slack: \"${SLACK_URL}\" }]", ExitCode::bad_input);
  Notice notice;
  notice.app = chosen.config.app;
  notice.environment = chosen.name;
  notice.by = this_author();
  notice.at = now();
  if (std::ranges::any_of(environment.notify, is_commit_status)) notice.commit = last_commit(chosen, context);
  const auto sent = send_notices(environment.notify, notice, context.stop());
  for (const auto& one : sent) show_notice(one, context, asked.json, true);
  return static_cast<int>(std::ranges::all_of(sent, &SentNotice::ok) ? ExitCode::deployed : ExitCode::failed);
}

}  // namespace belay::cli
