#include "model/wire.hpp"

#include <boost/json/serialize.hpp>

#include "base/error.hpp"
#include "model/json_archive.hpp"
#include "model/plan_json.hpp"
#include "model/registry_login_json.hpp"
#include "model/visible_text.hpp"

namespace belay {

template <>
inline constexpr std::string_view tag_of<wire::Hello> = "hello";
template <>
inline constexpr std::string_view tag_of<wire::Started> = "started";
template <>
inline constexpr std::string_view tag_of<wire::Held> = "held";
template <>
inline constexpr std::string_view tag_of<wire::JournalRecord> = "record";
template <>
inline constexpr std::string_view tag_of<wire::Answer> = "answer";
template <>
inline constexpr std::string_view tag_of<wire::Failure> = "failure";
template <>
inline constexpr std::string_view tag_of<wire::Pong> = "pong";
template <>
inline constexpr std::string_view tag_of<wire::Start> = "start";
template <>
inline constexpr std::string_view tag_of<wire::Attach> = "attach";
template <>
inline constexpr std::string_view tag_of<wire::Tell> = "tell";
template <>
inline constexpr std::string_view tag_of<wire::Unable> = "unable";
template <>
inline constexpr std::string_view tag_of<wire::Cancel> = "cancel";
template <>
inline constexpr std::string_view tag_of<wire::Ask> = "ask";
template <>
inline constexpr std::string_view tag_of<wire::Ping> = "ping";

static void fields(auto& archive, Is<wire::Hello> auto& hello) {
  archive.required("protocol", hello.protocol_version);
  archive.required("version", hello.version);
  archive("architecture", hello.architecture);
  archive("hostname", hello.hostname);
  archive("clock", hello.clock);
}

static void fields(auto& archive, Is<wire::Started> auto& started) {
  archive.required("run", started.run);
}

static void fields(auto& archive, Is<wire::Held> auto& held) {
  archive("run", held.run);
  archive("by", held.by);
  archive("since", held.since);
  archive("waiting", held.waiting);
}

static void fields(JsonWriter& archive, const wire::JournalRecord& message) {
  archive("record", record_to_json(message.record));
}

static void fields(JsonReader& archive, wire::JournalRecord& message) {
  boost::json::object object;
  archive.required("record", object);
  auto record = record_from_json(object);
  if (!record)
    throw Error("cannot read the host's message",
                "it holds a kind of journal record this version of belay does not know",
                "use the version of belay that started the deployment, or a newer one");
  message.record = std::move(*record);
}

static void fields(auto& archive, Is<wire::Answer> auto& answer) {
  archive("value", answer.value);
}

static void fields(auto& archive, Is<wire::Failure> auto& failure) {
  archive.required("message", failure.message);
  archive("why", failure.why);
  archive("next", failure.next);
  archive("exit_code", failure.exit_code);
}

static void fields(auto&, Is<wire::Pong> auto&) {}

static void fields(auto& archive, Is<wire::Start> auto& start) {
  archive.required("plan", start.plan);
  archive("wait", start.wait);
  archive("logins", start.logins);
  archive("secrets", start.secrets);
  archive("variables", start.variables);
}

static void fields(auto& archive, Is<wire::Attach> auto& attach) {
  archive("run", attach.run);
  archive("from", attach.from);
}

static void fields(auto& archive, Is<wire::Tell> auto& tell) {
  archive.required("nonce", tell.nonce);
  archive.required("what", tell.what);
  archive.required("ok", tell.ok);
  archive("detail", tell.detail);
  archive("change", tell.change);
}

static void fields(auto& archive, Is<wire::Unable> auto& unable) {
  archive.required("nonce", unable.nonce);
  archive.required("what", unable.what);
}
static void fields(auto& archive, Is<wire::Cancel> auto& cancel) {
  archive.required("nonce", cancel.nonce);
}

static void fields(auto& archive, Is<wire::Ask> auto& ask) {
  archive.required("about", ask.about);
  archive("arguments", ask.arguments);
}

static void fields(auto&, Is<wire::Ping> auto&) {}

namespace wire {

namespace {

template <class Message>
std::string encoded(const Message& message) {
  boost::json::object object;
  write_tagged(object, message);
  return boost::json::serialize(object);
}

template <class Message>
Message decoded(const boost::json::object& object, const std::string& from) {
  if (auto message = read_tagged<Message>(object, {})) return std::move(*message);
  throw Error("cannot read " + from + "'s message", "its type is not known to this version of belay",
              "use the same version of belay on both sides");
}

/// A status or the facts of a large host have some thousand.
constexpr std::size_t most_values = 100'000;

/// One of the records asks the controller about a list of files: 41 bytes for each.
constexpr std::size_t longest_list = 8u << 20;
bool asks_what_was_committed(const boost::json::object& message) {
  const auto* const record = message.if_contains("record");
  const auto* const fields = record != nullptr ? record->if_object() : nullptr;
  const auto* const what = fields != nullptr ? fields->if_contains("what") : nullptr;
  return what != nullptr && what->is_string() && what->get_string() == "committed";
}

/// A host cannot let a failure pass for a success.
bool is_failure(int exit_code) {
  return exit_code >= static_cast<int>(ExitCode::failed) &&
         exit_code <= static_cast<int>(ExitCode::unfinished);
}

}  // namespace

std::string encode(const ToController& message) {
  return encoded(message);
}
std::string encode(const ToHost& message) {
  return encoded(message);
}
ToController decode_to_controller(const std::string& line) {
  const auto foreign = json_archive::parse_foreign_object(line, "the host's message", most_values);
  const auto shown = visible(foreign, asks_what_was_committed(foreign) ? longest_list : longest_text);
  auto message = decoded<ToController>(shown.get_object(), "the host");
  if (auto* const failure = std::get_if<Failure>(&message))
    if (!is_failure(failure->exit_code)) failure->exit_code = static_cast<int>(ExitCode::failed);
  return message;
}
ToHost decode_to_host(const std::string& line) {
  return decoded<ToHost>(json_archive::parse_object(line, "the controller's message"), "the controller");
}

}  // namespace wire
}  // namespace belay
