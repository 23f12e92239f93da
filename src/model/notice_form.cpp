#include "model/notice_form.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "base/hmac.hpp"
#include "base/time.hpp"
#include "model/commit_status.hpp"
#include "model/url.hpp"
#include "model/utf8.hpp"

namespace belay {

namespace {

namespace json = boost::json;

const char* sign_of(const Notice& notice) {
  if (notice.outcome == Notice::Outcome::test) return "🔔";
  if (notice.outcome == Notice::Outcome::frozen) return "❄️";
  if (notice.outcome == Notice::Outcome::went_back) return "↩️";
  if (notice.outcome == Notice::Outcome::unknown) return "❓";
  return is_good(notice) ? "✅" : "❌";
}

std::string titled(const Notice& notice) {
  return fmt::format("{} {}", sign_of(notice), headline(notice));
}

/// `text` with each character of `from` written as the text beside it.
template <std::size_t size>
std::string escaped(const std::string& text, const std::array<std::pair<char, const char*>, size>& from) {
  std::string result;
  for (const char c : text) {
    const auto* found = std::ranges::find(from, c, &std::pair<char, const char*>::first);
    result += found == from.end() ? std::string(1, c) : found->second;
  }
  return result;
}

/// For Slack and for Telegram's HTML.
std::string with_entities(const std::string& text) {
  return escaped(text,
                 std::to_array<std::pair<char, const char*>>({{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}}));
}

/// The address of the application, if it is one that may be a link.
std::string link_of(const Notice& notice) {
  const auto url = parse_url(notice.url);
  return url ? url->plain() : "";
}

json::object plain_words(const std::string& text) {
  return {{"type", "plain_text"}, {"text", text}, {"emoji", false}};
}

const char* event_name(Notice::Outcome outcome) {
  switch (outcome) {
    case Notice::Outcome::deployed:
      return "deployed";
    case Notice::Outcome::rolled_back:
      return "rolled-back";
    case Notice::Outcome::went_back:
      return "went-back";
    case Notice::Outcome::nothing_serves:
      return "nothing-serves";
    case Notice::Outcome::left_in_place:
      return "left-in-place";
    case Notice::Outcome::not_begun:
      return "not-begun";
    case Notice::Outcome::unknown:
      return "unknown";
    case Notice::Outcome::frozen:
      return "frozen";
    case Notice::Outcome::begun:
      return "begun";
    case Notice::Outcome::called_off:
      return "called-off";
    case Notice::Outcome::test:
      break;
  }
  return "test";
}

}  // namespace

/// Values stand in plain text, which Slack takes no markup from; `text` is what a notification shows.
json::object slack_form(const Notice& notice) {
  constexpr std::size_t header_bytes = 150, field_bytes = 2000, most_fields = 10;
  json::array fields;
  for (const auto& [name, value] : facts_of(notice))
    if (fields.size() < most_fields)
      fields.push_back(plain_words(at_most(fmt::format("{}: {}", name, value), field_bytes)));
  json::array blocks{
      json::object{{"type", "header"}, {"text", plain_words(at_most(titled(notice), header_bytes))}}};
  if (!fields.empty()) blocks.push_back(json::object{{"type", "section"}, {"fields", std::move(fields)}});
  return {{"text", with_entities(titled(notice))}, {"mrkdwn", false}, {"blocks", std::move(blocks)}};
}

/// Values stand between backticks, where Discord takes no markup and makes no links.
json::object discord_form(const Notice& notice) {
  constexpr std::size_t title_bytes = 250, value_bytes = 1000;
  const auto code = [](std::string text) {
    for (std::size_t at = 0; (at = text.find('`', at)) != std::string::npos;) text.replace(at, 1, "'");
    return "`" + at_most(text, value_bytes) + "`";
  };
  json::array fields;
  for (const auto& [name, value] : facts_of(notice))
    fields.push_back(json::object{{"name", name}, {"value", code(value)}, {"inline", false}});
  const auto markup = std::to_array<std::pair<char, const char*>>({{'\\', "\\\\"},
                                                                   {'`', "\\`"},
                                                                   {'*', "\\*"},
                                                                   {'_', "\\_"},
                                                                   {'~', "\\~"},
                                                                   {'|', "\\|"},
                                                                   {'[', "\\["},
                                                                   {']', "\\]"},
                                                                   {'<', "\\<"},
                                                                   {'>', "\\>"},
                                                                   {'#', "\\#"},
                                                                   {':', "\\:"},
                                                                   {'@', "@\u200b"}});
  json::object embed{{"title", at_most(escaped(titled(notice), markup), title_bytes)},
                     {"color", is_good(notice) ? 0x2eb67d : 0xd64545},
                     {"fields", std::move(fields)},
                     {"timestamp", iso8601(notice.at)}};
  if (const auto link = link_of(notice); !link.empty()) embed["url"] = link;
  return {{"embeds", json::array{std::move(embed)}}, {"allowed_mentions", {{"parse", json::array()}}}};
}

/// Values stand in text runs: other elements of a card take Markdown.
json::object teams_form(const Notice& notice) {
  const auto run = [](const std::string& text, bool bold) {
    return json::object{{"type", "TextRun"}, {"text", text}, {"weight", bold ? "Bolder" : "Default"}};
  };
  json::array body{
      json::object{{"type", "RichTextBlock"}, {"inlines", json::array{run(titled(notice), true)}}}};
  for (const auto& [name, value] : facts_of(notice))
    body.push_back(json::object{{"type", "RichTextBlock"},
                                {"spacing", "Small"},
                                {"inlines", json::array{run(name + ": ", true), run(value, false)}}});
  json::object card{{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
                    {"type", "AdaptiveCard"},
                    {"version", "1.4"},
                    {"body", std::move(body)}};
  if (const auto link = link_of(notice); !link.empty())
    card["actions"] = json::array{json::object{{"type", "Action.OpenUrl"}, {"title", "Open"}, {"url", link}}};
  return {{"type", "message"},
          {"attachments", json::array{json::object{{"contentType", "application/vnd.microsoft.card.adaptive"},
                                                   {"contentUrl", nullptr},
                                                   {"content", std::move(card)}}}}};
}

/// Values stand in <code>, where Telegram makes no links and no mentions.
json::object telegram_form(const Notice& notice, const std::string& chat) {
  constexpr std::size_t value_bytes = 350;  // of at most ten: 4096 characters are taken
  std::string text = fmt::format("<b>{}</b>", with_entities(at_most(titled(notice), value_bytes)));
  for (const auto& [name, value] : facts_of(notice))
    text += fmt::format("\n{}: <code>{}</code>", name, with_entities(at_most(value, value_bytes)));
  return {{"chat_id", chat},
          {"text", text},
          {"parse_mode", "HTML"},
          {"link_preview_options", {{"is_disabled", true}}}};
}

json::object webhook_form(const Notice& notice, const std::string& id, Time sent) {
  json::object form{{"version", 1},
                    {"id", id},
                    {"sent_at", iso8601(sent)},
                    {"event", event_name(notice.outcome)},
                    {"ok", is_good(notice)},
                    {"headline", headline(notice)},
                    {"app", notice.app},
                    {"environment", notice.environment},
                    {"rollback", notice.rollback},
                    {"at", iso8601(notice.at)}};
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) form[key] = valid_utf8(value);
  };
  add("release", notice.release);
  add("candidate", notice.candidate);
  if (!notice.commit.id.empty())
    form["commit"] = json::object{{"id", notice.commit.id},
                                  {"subject", valid_utf8(notice.commit.subject)},
                                  {"branch", valid_utf8(notice.commit.branch)},
                                  {"dirty", notice.commit.dirty}};
  if (!notice.by.user.empty()) add("by", notice.by.shown());
  add("reason", notice.reason);
  add("failure", notice.failure);
  add("url", notice.url);
  add("run", notice.run);
  if (notice.took.count() > 0) form["took_ms"] = notice.took.count();
  return form;
}

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

NoticeRequest json_request(std::string url, const json::object& form, Headers more = {}) {
  NoticeRequest request{.url = std::move(url), .headers = {{"Content-Type", "application/json"}}, .body = {}};
  for (auto& header : more) request.headers.push_back(std::move(header));
  request.body = json::serialize(form);
  return request;
}

NoticeRequest request_to(const ChatHook& hook, const Notice& notice, const std::string&, Time) {
  switch (hook.kind) {
    case ChatHook::Kind::slack:
      return json_request(hook.url, slack_form(notice));
    case ChatHook::Kind::discord:
      return json_request(hook.url, discord_form(notice));
    case ChatHook::Kind::teams:
      break;
  }
  return json_request(hook.url, teams_form(notice));
}

NoticeRequest request_to(const TelegramChat& chat, const Notice& notice, const std::string&, Time) {
  return json_request(fmt::format("{}/bot{}/sendMessage", chat.api, chat.token),
                      telegram_form(notice, chat.chat));
}

/// The signature covers the body, and with it the id and the time: whoever checks both takes no notice twice.
NoticeRequest request_to(const Webhook& hook, const Notice& notice, const std::string& id, Time sent) {
  auto request = json_request(hook.url, webhook_form(notice, id, sent),
                              {{"X-Belay-Event", event_name(notice.outcome)}, {"X-Belay-Id", id}});
  if (hook.secret)
    request.headers.emplace_back("X-Belay-Signature",
                                 "sha256=" + hmac_sha256_hex(*hook.secret, request.body));
  return request;
}

NoticeRequest request_to(const CommitStatus& status, const Notice& notice, const std::string&, Time) {
  return status_request(status, notice, link_of(notice));
}

std::optional<NoticeRequest> request_to(const MailTarget&, const Notice&, const std::string&, Time) {
  return std::nullopt;
}

}  // namespace

std::optional<NoticeRequest> request_of(const NoticeMeans& means, const Notice& notice, const std::string& id,
                                        Time sent) {
  return std::visit(
      [&](const auto& one) -> std::optional<NoticeRequest> { return request_to(one, notice, id, sent); },
      means);
}

}  // namespace belay
