#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "base/human.hpp"
#include "cli/host_question.hpp"
#include "cli/screens.hpp"
#include "cli/table.hpp"
#include "cli/time_text.hpp"

namespace belay::cli {

std::string backups_text(const std::vector<BackupFile>& files, Time now, const Style& style) {
  Table table({{"FILE"}, {"SIZE", Table::Align::right}, {"TAKEN"}, {"AGE"}, {"VERIFIED"}});
  for (const BackupFile& file : files)
    table.add({file.path, human_bytes(file.bytes), time_text(file.taken), ago_text(file.taken, now),
               file.verified ? style.green("yes") : style.bold_red("no")});
  return table.rendered(style);
}

int run(const command::Backup& asked, Context& context) {
  if (asked.action != "list")
    throw Error(asked.action.empty() ? "which action on the backups?"
                                     : fmt::format("belay backup cannot '{}'", asked.action),
                "", "belay backup ENV list  lists them.", ExitCode::bad_input);
  const Chosen chosen = choose_environment(context, asked.environment);
  const auto& configured = chosen.environment().backup;
  const std::string directory = configured ? configured->directory : PostgresBackup{}.directory;
  const auto answer = ask_host(context, chosen, "backups", {{"directory", directory}});
  if (asked.json) {
    context.out.json(answer);
    return 0;
  }
  const auto files = backups_from_json(answer.as_object());
  if (files.empty())
    context.out.line(fmt::format("No backups of {} in {}.{}", chosen.name, directory,
                                 configured ? "" : " belay.yml configures none for this environment."));
  else
    context.out.write(backups_text(files, now(), context.out_surface.style));
  return 0;
}

}  // namespace belay::cli
