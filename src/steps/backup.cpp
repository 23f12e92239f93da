#include <fmt/core.h>

#include "base/files.hpp"
#include "base/human.hpp"
#include "drivers/postgres.hpp"
#include "steps/step.hpp"

namespace belay::backup {

namespace {

fs::path directory_of(const Context& context) {
  return context.layout.live / context.environment().backup->directory;
}

fs::path partial_of(const Context& context) {
  return directory_of(context) / (".pre-deploy-" + context.nonce + ".partial");
}

postgres::Database database_of(const Context& context) {
  const auto& rule = *context.environment().backup;
  return {rule.container, rule.user, rule.database, "belay-" + context.nonce};
}

}  // namespace

std::string apply(Context& context) {
  const auto& rule = *context.environment().backup;
  make_directories(directory_of(context));
  const auto dump = postgres::publish(
      postgres::dump(database_of(context), partial_of(context), context.stop, Deadline::in(rule.timeout)),
      directory_of(context), now());
  note(context.ledger, notes::BackupFile{dump.file.string()});
  return fmt::format("{}: {}, {} tables, {} rows, verified", dump.file.filename().string(),
                     human_bytes(dump.bytes), dump.tables, dump.rows);
}

std::string undo(Context& context) {
  remove_tree(partial_of(context));
  if (context.ledger.done(StepName::backup)) return "the backup is kept";
  // A dump that failed has ended its own; the database that failed it need not answer now.
  if (context.ledger.ended(StepName::backup)) return "no partial file is left";
  const auto& rule = *context.environment().backup;
  // A dump whose client was killed goes on inside the container. Where the container is gone there is nothing
  // to end.
  if (const auto container = context.engine.container_named(rule.container);
      container && container->running())
    postgres::end_abandoned_dump(database_of(context), {}, Deadline::in(std::chrono::seconds(10)));
  return "no partial file is left";
}

}  // namespace belay::backup
