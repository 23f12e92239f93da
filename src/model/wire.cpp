#include "model/wire.hpp"

#include <boost/json/serialize.hpp>

#include "base/error.hpp"
#include "model/json_archive.hpp"
#include "model/plan_json.hpp"
#include "model/registry_login_json.hpp"

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
Message decoded(const std::string& line, const std::string& from) {
  const auto object = json_archive::parse_object(line, from + "'s message");
  if (auto message = read_tagged<Message>(object, {})) return std::move(*message);
  throw Error("cannot read " + from + "'s message", "its type is not known to this version of belay",
              "use the same version of belay on both sides");
}

}  // namespace

std::string encode(const ToController& message) {
  return encoded(message);
}
std::string encode(const ToHost& message) {
  return encoded(message);
}
ToController decode_to_controller(const std::string& line) {
  return decoded<ToController>(line, "the host");
}
ToHost decode_to_host(const std::string& line) {
  return decoded<ToHost>(line, "the controller");
}

}  // namespace wire
}  // namespace belay
