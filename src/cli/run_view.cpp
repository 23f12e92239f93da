#include "cli/run_view.hpp"

#include <fmt/core.h>

#include "cli/json_lines.hpp"
#include "cli/live_view.hpp"
#include "cli/plain_lines.hpp"
#include "cli/report.hpp"
#include "cli/step_summary.hpp"

namespace belay::cli {

std::unique_ptr<Watcher> make_view(Context& context, bool json, const std::string& title) {
  if (json) return std::make_unique<JsonLines>(context.out);
  const Style& style = context.out_surface.style;
  if (context.out_surface.moves) return std::make_unique<LiveView>(context.out, style, title);
  return std::make_unique<PlainLines>(context.out, style, context.platform);
}

namespace {

void tell_the_end(Context& context, const Ending& ending) {
  const auto text = report(ending, context.out_surface.style);
  if (!context.platform) return context.out.write(text);
  context.out.write(context.platform->as_text(text));
  context.platform->ended(job_result(ending), step_summary(ending));
}

/// `handed_over` says, also where this throws, whether the host may go on with it.
Ending watched(Context& context, Watcher& view, const std::string& on_interrupt,
               const std::function<Ending(Watcher&, std::stop_token)>& go, RunNotices& notices,
               bool& handed_over) {
  view.source_found = [&](const Commit& commit) { notices.found(commit); };
  view.goes_on_alone = [&](bool goes_on) {
    handed_over = goes_on;
    if (context.interrupt) context.interrupt->set_goes_on_alone(goes_on);
  };
  // Called on the signal's thread; views may be told from any.
  const std::stop_callback said(context.stop(), [&] { view.notice(on_interrupt); });
  return go(view, context.stop());
}

}  // namespace

int watch_run(Context& context, bool json, const std::string& environment, const std::string& title,
              const std::string& on_interrupt, const std::function<Ending(Watcher&, std::stop_token)>& go,
              const std::optional<Audience>& audience) {
  if (context.interrupt)
    context.interrupt->set_farewell(
        fmt::format("belay leaves; what was started on the host goes on there and ends by itself.\n"
                    "See it:  belay attach {0}\nSee what runs:  belay status {0}\n",
                    environment));
  Ending ending;
  RunNotices notices(audience, context, json);
  bool handed_over = false;
  try {
    ending = watched(context, *make_view(context, json, title), on_interrupt, go, notices, handed_over);
  } catch (const Error& error) {  // it is shown where every error is
    notices.failed(error, handed_over);
    throw;
  }
  if (context.interrupt) context.interrupt->set_goes_on_alone(false);  // it is over
  if (!json) tell_the_end(context, ending);
  notices.ended(ending);
  return static_cast<int>(exit_code_of(ending.closed));
}

}  // namespace belay::cli
