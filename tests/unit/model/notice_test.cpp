#include <functional>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/hmac.hpp"
#include "base/time.hpp"
#include "model/notice_form.hpp"
#include "samples.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono_literals;

namespace {

namespace json = boost::json;

Notice sample() {
  Notice notice;
  notice.outcome = Notice::Outcome::went_back;
  notice.app = "crm";
  notice.environment = "production";
  notice.release = "20260110-090000-1c0ffee";
  notice.candidate = "20260112-103300-4f2a9c1";
  notice.commit = {
      .id = "4f2a9c1d00000000000000000000000000000000", .subject = "Sort by name", .branch = "main"};
  notice.by = {"anna", "laptop"};
  notice.reason = "the checkout is broken";
  notice.failure = "migrate: the migration ended with exit code 1\nsecond line";
  notice.url = "https://crm.example.com/";
  notice.run = "20260112-103300-4f2a9c1";
  notice.took = 72s;
  notice.at = parse_iso8601("2026-01-12T10:34:12.000Z");
  return notice;
}

/// Texts that some chat takes for markup, a mention or a link, each also as part of longer words.
const std::vector<std::string> hostile = {"<!channel>",
                                          "<!here|x>",
                                          "<@U024BE7LH>",
                                          "@everyone",
                                          "@here",
                                          "<@&1234>",
                                          "[click](http://evil.example)",
                                          "<http://evil.example|crm>",
                                          "<a href=\"http://evil.example\">x</a>",
                                          "http://evil.example",
                                          "`@everyone`",
                                          "```\n@everyone",
                                          "**bold** _it_ ~~no~~ ||spoiler||",
                                          "<b>",
                                          "&lt;b&gt;",
                                          "\\`",
                                          "a\u202eb",
                                          "\x1b[31mred",
                                          "</code><a href='x'>",
                                          "# title",
                                          "- list",
                                          "tg://user?id=1",
                                          "\xff\xfe"};

Notice with(const std::string& text) {
  Notice notice = sample();
  notice.commit.subject = notice.failure = notice.by.user = notice.commit.branch = notice.reason = text;
  return notice;
}

/// Every text in a value, with the key that it stands under.
void each_text(const json::value& value, const std::string& key,
               const std::function<void(const std::string& key, const std::string& text)>& see) {
  if (const auto* object = value.if_object())
    for (const auto& [name, inner] : *object) each_text(inner, std::string(name), see);
  else if (const auto* array = value.if_array())
    for (const auto& inner : *array) each_text(inner, key, see);
  else if (const auto* text = value.if_string())
    see(key, std::string(*text));
}

}  // namespace

TEST_CASE("a notice says what became of what, in one sentence and a few facts") {
  using enum Notice::Outcome;
  Notice notice = sample();
  CHECK(plain_text(notice) ==
        "the deployment of crm to production failed; the release from before serves\n\n"
        "failed: migrate: the migration ended with exit code 1\n"
        "serves: 20260110-090000-1c0ffee\n"
        "candidate: 20260112-103300-4f2a9c1\n"
        "commit: 4f2a9c1 Sort by name (main)\n"
        "by: anna@laptop\n"
        "reason: the checkout is broken\n"
        "took: 1 min 12 s\n"
        "url: https://crm.example.com/\n"
        "run: 20260112-103300-4f2a9c1\n");
  struct Row {
    Notice::Outcome outcome;
    bool rollback;
    const char* headline;
    NoticeEvent event;
    bool good;
  };
  for (const Row& row : {
           Row{deployed, false, "crm was deployed to production", NoticeEvent::success, true},
           Row{rolled_back, true, "crm was rolled back on production", NoticeEvent::rollback, true},
           Row{went_back, true, "the rollback of crm on production failed; the release from before serves",
               NoticeEvent::failure, false},
           Row{nothing_serves, false, "the deployment of crm to production failed, and nothing good serves",
               NoticeEvent::failure, false},
           Row{left_in_place, false,
               "the deployment of crm to production failed and was left in place (rollback: false)",
               NoticeEvent::failure, false},
           Row{not_begun, false, "the deployment of crm to production failed before the server was touched",
               NoticeEvent::failure, false},
           Row{unknown, false, "belay does not know how the deployment of crm to production ended",
               NoticeEvent::failure, false},
           Row{frozen, false, "a freeze refused the deployment of crm to production", NoticeEvent::frozen,
               false},
       }) {
    notice.outcome = row.outcome;
    notice.rollback = row.rollback;
    CHECK(headline(notice) == row.headline);
    CHECK(is_good(notice) == row.good);
    for (const auto event :
         {NoticeEvent::success, NoticeEvent::failure, NoticeEvent::rollback, NoticeEvent::frozen}) {
      CHECK(is_of(notice, event) == (event == row.event));
      CHECK(NoticeTarget{ChatHook{}, {event}}.wants(notice) == (event == row.event));
    }
    CHECK(NoticeTarget{ChatHook{}}.wants(notice));
  }
  notice.outcome = test;
  CHECK(NoticeTarget{ChatHook{}, {NoticeEvent::frozen}}.wants(notice));  // a test goes to all
}

TEST_CASE("Slack: values stand in plain text only, and the notification has no mention") {
  for (const auto& text : hostile) {
    CAPTURE(text);
    const auto form = slack_form(with(text));
    CHECK(form.at("mrkdwn") == false);
    CHECK_FALSE(json::serialize(form).contains("\"mrkdwn\"}"));  // no block of that type
    const std::string notification(form.at("text").as_string());
    CHECK_FALSE(notification.contains('<'));
    each_text(form.at("blocks"), "", [](const std::string& key, const std::string& found) {
      if (key == "type") CHECK((found == "header" || found == "section" || found == "plain_text"));
    });
  }
  const auto form = slack_form(sample());
  CHECK(form.at("text") == "↩️ the deployment of crm to production failed; the release from before serves");
  const auto& fields = form.at("blocks").as_array().at(1).as_object().at("fields").as_array();
  CHECK(fields.size() == 9);
  CHECK(fields.at(3).as_object().at("text") == "commit: 4f2a9c1 Sort by name (main)");
}

TEST_CASE("Discord: values stand in code, which nothing in them ends, and nobody is mentioned") {
  for (const auto& text : hostile) {
    CAPTURE(text);
    const auto form = discord_form(with(text));
    CHECK(form.at("allowed_mentions").as_object().at("parse").as_array().empty());
    for (const auto& field : form.at("embeds").as_array().at(0).as_object().at("fields").as_array()) {
      const std::string value(field.as_object().at("value").as_string());
      CHECK(value.size() <= 1024);
      REQUIRE(value.size() > 2);
      CHECK(value.front() == '`');
      CHECK(value.find('`', 1) == value.size() - 1);
      CHECK_FALSE(value.contains('\n'));
    }
  }
  CHECK(discord_form(sample()).at("embeds").as_array().at(0).as_object().at("url") ==
        "https://crm.example.com/");
}

TEST_CASE("Teams: values stand in text runs, the one element that takes no Markdown") {
  for (const auto& text : hostile) {
    CAPTURE(text);
    each_text(teams_form(with(text)), "", [](const std::string& key, const std::string& found) {
      if (key == "type")
        CHECK((found == "message" || found == "AdaptiveCard" || found == "RichTextBlock" ||
               found == "TextRun" || found == "Action.OpenUrl"));
      if (key == "url") CHECK(found == "https://crm.example.com/");
    });
  }
}

TEST_CASE("Telegram: values stand in code with entities, and the whole is no longer than it takes") {
  for (const auto& text : hostile) {
    CAPTURE(text);
    const auto form = telegram_form(with(text), "-100");
    const std::string sent(form.at("text").as_string());
    std::string rest = sent;
    for (const std::string tag : {"<b>", "</b>", "<code>", "</code>"})
      for (std::size_t at; (at = rest.find(tag)) != std::string::npos;) rest.erase(at, tag.size());
    CHECK_FALSE(rest.contains('<'));
    CHECK_FALSE(rest.contains('>'));
  }
  const auto longest = telegram_form(with(std::string(100'000, '<')), "-100");
  std::string shown(longest.at("text").as_string());
  for (std::size_t at; (at = shown.find("&lt;")) != std::string::npos;) shown.replace(at, 4, "<");
  CHECK(shown.size() <= 4096);
  CHECK(longest.at("chat_id") == "-100");
}

TEST_CASE("no form has a control character, or a byte that is no UTF-8") {
  for (const auto& text : hostile)
    for (const auto& form : {slack_form(with(text)), discord_form(with(text)), teams_form(with(text)),
                             telegram_form(with(text), "1"), webhook_form(with(text), "id", sample().at)}) {
      CAPTURE(text);
      boost::system::error_code fault;
      json::parse(json::serialize(form), fault);  // it checks UTF-8
      CHECK_FALSE(fault);
    }
  CHECK(json::serialize(slack_form(with("\x1b[31mred"))).contains("\\\\x1b[31mred"));
}

TEST_CASE("a webhook's body has id and time, and its signature covers them") {
  const NoticeMeans hook = Webhook{.url = "https://hooks.example.com/x", .secret = "key"};
  const auto request =
      request_of(hook, sample(), "0123456789abcdef", parse_iso8601("2026-01-12T10:34:13.000Z")).value();
  const auto body = json::parse(request.body).as_object();
  CHECK(body.at("id") == "0123456789abcdef");
  CHECK(body.at("sent_at") == "2026-01-12T10:34:13.000Z");
  CHECK(body.at("event") == "went-back");
  CHECK(body.at("ok") == false);
  CHECK(body.at("commit").as_object().at("subject") == "Sort by name");
  CHECK(body.at("took_ms") == 72000);
  CHECK(std::ranges::find(request.headers,
                          std::pair<std::string, std::string>(
                              "X-Belay-Signature", "sha256=" + hmac_sha256_hex("key", request.body))) !=
        request.headers.end());
  const auto unsigned_request = request_of(Webhook{.url = "https://a.example/"}, sample(), "1", {}).value();
  for (const auto& [name, value] : unsigned_request.headers) CHECK(name != "X-Belay-Signature");
}

TEST_CASE("targets are read with their secrets' values, which are in no plan") {
  const std::string text = minimal(
      "notify:\n"
      "  - slack: \"${SLACK_URL}\"\n"
      "    on: failure\n"
      "  - webhook: { url: https://hooks.example.com/x, secret: \"${HOOK_SECRET}\" }\n"
      "  - telegram: { token: \"${TOKEN}\", chat: \"-100\" }\n"
      "    on: [success, frozen]\n");
  const auto lookup = variables(
      {{"SLACK_URL", "https://hooks.slack.com/T0/B0/secret"}, {"HOOK_SECRET", "shh"}, {"TOKEN", "123:abc"}});
  const auto environment = parsed(text, lookup).environments.front();
  REQUIRE(environment.notify.size() == 3);
  CHECK(std::get<ChatHook>(environment.notify[0].means).url == "https://hooks.slack.com/T0/B0/secret");
  CHECK(environment.notify[0].on == std::vector{NoticeEvent::failure});
  CHECK(std::get<Webhook>(environment.notify[1].means).secret == "shh");
  CHECK(environment.notify[1].shown() == "webhook hooks.example.com");
  CHECK(std::get<TelegramChat>(environment.notify[2].means).token == "123:abc");
  CHECK(environment.notify_values.size() == 3);
  CHECK(environment.variables.empty());  // those go to the host
  const auto plan = json::serialize(plan_to_json(plan_deployment("app", environment, {}, {}, {})));
  for (const char* secret : {"T0/B0", "shh", "123:abc"}) CHECK_FALSE(plan.contains(secret));
}

TEST_CASE("what is wrong with a target is said; a secret in clear is") {
  const auto said = [](const std::string& entry) {
    return problems(minimal("notify: [" + entry + "]"), variables({{"V", "https://a.example/x"}}));
  };
  CHECK(said("{ slack: \"${V}\" }").empty());
  CHECK(said("{ slack: https://hooks.slack.com/T0/B0/x }").contains("'slack' is a secret"));
  CHECK(said("{ webhook: { url: https://a.example, secret: clear } }").contains("'secret' is a secret"));
  CHECK(said("{ webhook: https://a.example }").empty());
  CHECK(said("{ telegram: { token: \"1:a\", chat: \"1\" } }").contains("'token' is a secret"));
  CHECK(said("{ telegram: { chat: \"1\" } }").contains("'token' is missing"));
  CHECK(said("{ on: failure }").contains("names no target"));
  CHECK(said("{ slack: \"${V}\", discord: \"${V}\" }").contains("several targets"));
  CHECK(said("{ slack: \"${V}\", on: [sometimes] }").contains("has no event 'sometimes'"));
  CHECK(said("{ slack: \"${NOT_SET}\" }").contains("NOT_SET is not set"));
}

TEST_CASE("who goes back does without a target whose variable is not set, and knows it") {
  const auto config =
      parse_config("belay.yml",
                   minimal("notify: [{ slack: \"${NOT_SET}\" }, { webhook: { url: https://a.example, "
                           "secret: \"${NOT_SET}\" } }, { webhook: https://a.example }]"),
                   variables({}), std::nullopt, Needed::for_the_way);
  REQUIRE(config);
  const auto& targets = config->environments.front().notify;
  REQUIRE(targets.size() == 3);
  CHECK_FALSE(targets[0].unready.empty());
  CHECK_FALSE(targets[1].unready.empty());
  CHECK(targets[2].unready.empty());
}
