#include "cli/json_lines.hpp"

#include <boost/json/serialize.hpp>

#include "cli/text_width.hpp"
#include "model/release_json.hpp"

namespace belay::cli {

void JsonLines::put(const char* type, const boost::json::object& fields) {
  boost::json::object line{{"type", type}, {"at", iso8601(now())}};
  for (const auto& field : fields) line.insert(field);
  const std::lock_guard lock(mutex_);
  out_.json(line);
}

void JsonLines::gate_began(const Commit& commit, int commands) {
  put("gate-began", {{"commit", commit.id},
                     {"subject", commit.subject},
                     {"branch", commit.branch},
                     {"dirty", commit.dirty},
                     {"commands", commands}});
}
void JsonLines::gate_skipped() {
  put("gate-skipped", {});
}
void JsonLines::test_began(int number, const std::string& command) {
  put("test-began", {{"test", number}, {"command", command}});
}
void JsonLines::test_said(int number, const std::string& line) {
  put("test-output",
      {{"test", number}, {"line", printable(line)}});  // JSON is UTF-8; a test's output need not be
}
void JsonLines::test_ended(int number, const std::string& command, bool ok, std::chrono::milliseconds took,
                           const std::string& log_file) {
  put("test-ended", {{"test", number},
                     {"command", command},
                     {"ok", ok},
                     {"took_ms", took.count()},
                     {"log_file", log_file}});
}
void JsonLines::gate_ended(const GateResult& result) {
  put("gate-ended",
      {{"skipped", result.skipped}, {"commands", result.commands}, {"took_ms", result.took.count()}});
}
void JsonLines::local_build_began(int commands) {
  put("local-build-began", {{"commands", commands}});
}
void JsonLines::local_build_said(const std::string& line) {
  put("local-build-output", {{"line", printable(line)}});
}
void JsonLines::local_build_ended(const BuiltHere& built, std::chrono::milliseconds took) {
  put("local-build-ended", {{"took_ms", took.count()}, {"built", object_of(built)}});
}
void JsonLines::connecting(const std::string& host) {
  put("connecting", {{"host", host}});
}
void JsonLines::connected(const wire::Hello& hello) {
  put("connected", {{"hostname", hello.hostname},
                    {"version", hello.version},
                    {"architecture", hello.architecture},
                    {"host_clock", iso8601(hello.clock)}});
}
void JsonLines::shipping_binary(std::uint64_t bytes) {
  put("shipping-binary", {{"bytes", bytes}});
}
void JsonLines::reconnecting(int attempt, const std::string& why) {
  put("reconnecting", {{"attempt", attempt}, {"why", why}});
}
void JsonLines::held(const wire::Held& held) {
  put("held",
      {{"run", held.run}, {"by", held.by}, {"since", iso8601(held.since)}, {"waiting", held.waiting}});
}
void JsonLines::record(const Record& record) {
  const std::lock_guard lock(mutex_);
  out_.json(record_to_json(record));
}
void JsonLines::transferring(StepName step, std::uint64_t bytes, int percent) {
  put("transferring", {{"step", to_string(step)}, {"bytes", bytes}, {"percent", percent}});
}
void JsonLines::build_said(const std::string& line) {
  put("build-said", {{"line", printable(line)}});
}
void JsonLines::hook_said(StepName step, const std::string& line) {
  put("hook-said", {{"step", to_string(step)}, {"line", printable(line)}});
}
void JsonLines::asked_from_here(int attempt, int attempts, const std::string& finding) {
  put("asked-from-here", {{"attempt", attempt}, {"attempts", attempts}, {"finding", printable(finding)}});
}
void JsonLines::notice(const std::string& text) {
  put("notice", {{"text", text}});
}

}  // namespace belay::cli
