#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "cli/error_text.hpp"
#include "cli/host_question.hpp"
#include "cli/origin_text.hpp"
#include "cli/screens.hpp"
#include "cli/table.hpp"
#include "cli/text_width.hpp"
#include "cli/time_text.hpp"

namespace belay::cli {
namespace {

std::string state_text(const Release& release, const KeptReleases& kept, const Style& style) {
  if (release.id == kept.current && !kept.not_looked_at.empty()) return style.yellow("current");
  if (release.id == kept.current)
    return kept.off.empty() ? style.bold_green("serves") : style.bold_red("is off");
  switch (release.state) {
    case Release::State::candidate:
      return style.yellow("candidate");
    case Release::State::good:
      return "good";
    case Release::State::failed:
      return style.red("failed");
  }
  return "";
}

}  // namespace

std::string releases_text(const KeptReleases& kept, Time now, const Style& style, int columns) {
  Table table({{"RELEASE"},
               {"STATE"},
               {"BEGAN TO SERVE"},
               {"BY", Table::Align::left, Table::Narrow::shorter},
               {"BRANCH", Table::Align::left, Table::Narrow::shorter},
               {"COMMIT"}});
  for (const Release& release : kept.releases) {
    const bool serves = release.id == kept.current;
    const std::string since = release.switched == Time{} ? "never" : ago_text(release.switched, now);
    table.add({serves ? style.bold(release.id) : release.id, state_text(release, kept, style), since,
               release.by.user.empty() ? "" : release.by.shown(), release.commit.branch,
               origin_text(release, release.commit.dirty ? "working tree on " : "", "")});
  }
  std::string text = table.rendered(style, columns);
  for (const Release& release : kept.releases)
    if (release.reason) text += fmt::format("  {}: {}\n", release.id, printable(release.reason->shown()));
  for (const auto& what : kept.off)
    text += fmt::format("{} {}: {}\n", style.red(style.cross()), kept.current, printable(what));
  for (const auto& [release, what] : kept.lost)
    text += fmt::format("{} {}: {}\n", style.yellow("!"), release, printable(what));
  return text;
}

int run(const command::Releases& asked, Context& context) {
  const Chosen chosen = choose_environment(context, asked.environment);
  const auto answer = ask_host(context, chosen, "releases", {});
  if (asked.json) {
    context.out.json(answer);
    return 0;
  }
  const auto kept = releases_from_json(answer.as_object());
  const Style& style = context.out_surface.style;
  if (kept.releases.empty()) {
    context.out.line(fmt::format("No releases of {} yet.", chosen.name));
    context.out.write(next_line(fmt::format("belay deploy {}  makes the first.", chosen.name), style));
    return 0;
  }
  const int columns = context.out_surface.terminal ? size_of(context.out.fd()).columns : 0;
  context.out.write(releases_text(kept, now(), style, columns));
  if (!kept.off.empty())
    context.out.write(next_line(fmt::format("belay up {}  brings it back.", chosen.name), style));
  return 0;
}

}  // namespace belay::cli
