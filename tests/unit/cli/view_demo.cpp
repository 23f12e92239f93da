// Plays a sample run in its own time, to look at what users see:
//   view_demo live|plain|json good|migration|crash|first|rollback-fails|executor|left|rollback|gate [speed]
#include <cstdlib>
#include <map>
#include <thread>

#include <fmt/core.h>
#include <unistd.h>

#include "cli/json_lines.hpp"
#include "cli/live_view.hpp"
#include "cli/plain_lines.hpp"
#include "cli/report.hpp"
#include "sample_runs.hpp"

namespace {

using namespace belay;
using namespace belay::cli;

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

std::unique_ptr<Watcher> view_of(const std::string& kind, Output& out, const Style& style,
                                 Platform* platform) {
  if (kind == "json") return std::make_unique<JsonLines>(out);
  if (kind == "plain") return std::make_unique<PlainLines>(out, style, platform);
  return std::make_unique<LiveView>(out, style, "Deploying crm-backend to production");
}

// As it would look if it happened now.
std::vector<Record> moved_to_now(std::vector<Record> records, std::chrono::milliseconds from_now) {
  const auto shift = now() + from_now - records.front().at;
  for (Record& record : records) record.at += shift;
  return records;
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, std::vector<Record> (*)()> runs = {{"good", samples::deployed},
                                                                 {"migration", samples::migration_fails},
                                                                 {"crash", samples::candidate_crashes},
                                                                 {"first", samples::first_deployment_fails},
                                                                 {"rollback-fails", samples::rollback_fails},
                                                                 {"executor", samples::executor_dies},
                                                                 {"left", samples::left_in_place},
                                                                 {"rollback", samples::rolled_back_as_asked}};
  const std::string kind = argc > 1 ? argv[1] : "live", name = argc > 2 ? argv[2] : "good";
  const double speed = argc > 3 ? std::atof(argv[3]) : 1.0;
  if (name != "gate" && !runs.contains(name)) return 2;

  Output out(STDOUT_FILENO);
  const Surface surface = surface_of(STDOUT_FILENO, variable, false);
  const samples::Pause pause = [&](std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time / speed);
  };
  const auto platform = platform_of(variable);
  std::vector<Record> records;
  {
    const auto view = view_of(kind, out, surface.style, platform.get());
    if (name != "rollback") samples::tell_gate(*view, pause, name == "gate");
    if (name == "gate") return 1;
    samples::tell_connection(*view, pause);
    records = moved_to_now(runs.at(name)(), std::chrono::milliseconds(0));
    samples::tell_records(*view, records, pause);
  }
  if (kind != "json") out.write(report(samples::ending_of(records), surface.style));
  return 0;
}
