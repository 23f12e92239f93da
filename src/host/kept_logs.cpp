#include "host/kept_logs.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "host/room_to_tell.hpp"
#include "model/secrets.hpp"

namespace belay {

namespace {

constexpr std::size_t most_kept = 1'000'000;
constexpr int most_lines = 20'000;

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

}  // namespace

std::string keep_logs(const Context& context) {
  const auto directory = context.layout.run(context.run);
  if (!has_room_to_tell(directory)) return {};
  const auto masks = masks_of(context.environment(), context.variables);
  bool any = false;
  for (const auto* const role : {"candidate", "migration"})
    for (const auto& container : made_by_this_attempt(context, role)) {
      if (container.state == "created") continue;
      write_file_atomically(directory / (container.name + ".log"),
                            log_of(context.engine, container.id, masks));
      any = true;
    }
  return any ? directory.string() : std::string{};
}

}  // namespace belay
