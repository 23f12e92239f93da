#include "saga/kept_logs.hpp"

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "base/files.hpp"
#include "model/secrets.hpp"
#include "saga/journal.hpp"
#include "saga/room_to_tell.hpp"
#include "saga/run.hpp"

namespace belay {

namespace {

constexpr std::size_t most_kept = 1'000'000;
constexpr int most_lines = 20'000;
constexpr auto suffix = ".log";
constexpr auto of_the_executor = "executor";

std::string log_of(const docker::Engine& engine, const std::string& id, const Masks& masks) {
  std::string text;
  try {
    MaskedLines lines(masks);
    for (const auto& line : engine.last_log_lines(id, most_lines)) text += lines.line(line) + "\n";
  } catch (const Error& error) {
    return "no log: " + error.message_and_why() + "\n";  // such as a logging driver that cannot be read
  }
  if (text.size() <= most_kept) return text;
  const auto begin = text.find('\n', text.size() - most_kept);
  return "(the beginning is left out)\n" +
         text.substr(begin == std::string::npos ? text.size() - most_kept : begin + 1);
}

std::vector<KeptLog> logs_of_run(const Layout& layout, const std::string& run) {
  std::vector<KeptLog> found;
  for (const auto& entry : fs::directory_iterator(layout.run(run)))
    if (entry.path().extension() == suffix && entry.path().stem() != of_the_executor)
      found.push_back({run, entry.path().stem().string(), entry.path().string()});
  std::ranges::sort(found, {}, &KeptLog::container);
  return found;
}

/// Empty where the journal cannot be read.
std::string release_of_run(const Layout& layout, const std::string& run) {
  try {
    const auto state = run_state(Journal::read(layout.journal(run)));
    return state ? state->opened.plan.release : std::string{};
  } catch (const Error&) {
    return {};  // the logs of the other runs can be shown all the same
  }
}

}  // namespace

std::string keep_logs(const Context& context) {
  const auto directory = context.layout.run(context.run);
  if (!has_room_to_tell(directory)) return {};
  const auto masks = masks_of(context.environment(), context.variables);
  bool any = false;
  for (const auto* const role : {"candidate", "migration"})
    for (const auto& container : made_by_this_attempt(context, role)) {
      if (container.state == "created") continue;
      write_file_atomically(directory / (container.name + suffix),
                            log_of(context.engine, container.id, masks));
      any = true;
    }
  return any ? directory.string() : std::string{};
}

KeptLogs kept_logs(const Layout& layout, const std::string& release) {
  KeptLogs kept;
  for (const auto& run : runs_of(layout)) {
    auto logs = logs_of_run(layout, run);
    const auto its_release = logs.empty() ? std::string{} : release_of_run(layout, run);
    if (its_release.empty()) continue;
    if (std::ranges::find(kept.releases, its_release) == kept.releases.end())
      kept.releases.push_back(its_release);
    if (its_release == release) std::ranges::move(logs, std::back_inserter(kept.logs));
  }
  return kept;
}

}  // namespace belay
