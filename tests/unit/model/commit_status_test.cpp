#include "model/commit_status.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include "samples.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

namespace json = boost::json;
using Outcome = Notice::Outcome;
using Kind = CommitStatus::Kind;

const std::string commit = "4f2a9c1d00000000000000000000000000000000";

Notice notice(Outcome outcome) {
  Notice one;
  one.outcome = outcome;
  one.app = "crm";
  one.environment = "production";
  one.commit = {.id = commit, .subject = "Sort by name", .branch = "main"};
  return one;
}

CommitStatus at(Kind kind, const std::string& repository = "acme/crm") {
  return {.at = kind, .repository = repository, .token = "t0ken", .api = "https://git.example.com/api"};
}

json::object body(Kind kind, const Notice& one, const std::string& link = "") {
  return json::parse(status_request(at(kind), one, link).body).as_object();
}

bool has_header(const NoticeRequest& request, const std::string& name, const std::string& value) {
  return std::ranges::find(request.headers, std::pair{name, value}) != request.headers.end();
}

}  // namespace

TEST_CASE("each outcome is a state that the server knows") {
  struct Row {
    Outcome outcome;
    const char *github, *gitlab;
  };
  for (const Row& row :
       {Row{Outcome::begun, "pending", "pending"}, Row{Outcome::deployed, "success", "success"},
        Row{Outcome::went_back, "failure", "failed"}, Row{Outcome::nothing_serves, "failure", "failed"},
        Row{Outcome::left_in_place, "failure", "failed"}, Row{Outcome::not_begun, "failure", "failed"},
        Row{Outcome::unknown, "error", "failed"}, Row{Outcome::called_off, "error", "canceled"},
        Row{Outcome::test, "success", "success"}}) {
    CHECK(body(Kind::github, notice(row.outcome)).at("state") == row.github);
    CHECK(body(Kind::gitea, notice(row.outcome)).at("state") == row.github);
    CHECK(body(Kind::gitlab, notice(row.outcome)).at("state") == row.gitlab);
  }
}

TEST_CASE("each server is asked at its own address, in its own words") {
  const auto github = status_request(at(Kind::github), notice(Outcome::deployed), "https://crm.example.com/");
  CHECK(github.url == "https://git.example.com/api/repos/acme/crm/statuses/" + commit);
  CHECK(has_header(github, "Authorization", "Bearer t0ken"));
  CHECK(github.already.empty());
  CHECK(json::parse(github.body) == json::value{{"state", "success"},
                                                {"context", "belay/crm/production"},
                                                {"description", "crm was deployed to production"},
                                                {"target_url", "https://crm.example.com/"}});
  const auto gitea = status_request(at(Kind::gitea), notice(Outcome::begun), "");
  CHECK(gitea.url == github.url);
  CHECK(has_header(gitea, "Authorization", "token t0ken"));
  CHECK_FALSE(json::parse(gitea.body).as_object().contains("target_url"));
  const auto gitlab = status_request(at(Kind::gitlab, "acme/web/crm"), notice(Outcome::begun), "");
  CHECK(gitlab.url == "https://git.example.com/api/projects/acme%2Fweb%2Fcrm/statuses/" + commit);
  CHECK(has_header(gitlab, "PRIVATE-TOKEN", "t0ken"));
  CHECK(gitlab.already == "from :pending");
  CHECK(json::parse(gitlab.body).as_object().at("name") == "belay/crm/production");
}

TEST_CASE("a description has no more characters than GitHub takes") {
  Notice long_names = notice(Outcome::went_back);
  long_names.app = std::string(63, 'a');
  long_names.environment = std::string(63, 'b');
  const std::string said(body(Kind::github, long_names).at("description").as_string());
  CHECK(said.size() <= 140);
  CHECK(said.size() > 130);
  CHECK(said.ends_with("…"));
}

TEST_CASE("a status is only for a deployment of a commit that is known; people hear of ends only") {
  const NoticeTarget status{at(Kind::github)}, chat{ChatHook{}};
  for (const auto outcome : {Outcome::begun, Outcome::called_off}) {
    CHECK(status.wants(notice(outcome)));
    CHECK_FALSE(chat.wants(notice(outcome)));
    for (const auto event :
         {NoticeEvent::success, NoticeEvent::failure, NoticeEvent::rollback, NoticeEvent::frozen})
      CHECK_FALSE(NoticeTarget{ChatHook{}, {event}}.wants(notice(outcome)));
  }
  CHECK(status.wants(notice(Outcome::deployed)));
  CHECK(status.wants(notice(Outcome::test)));
  CHECK(status_context(notice(Outcome::test)) == "belay/crm/production/test");
  CHECK_FALSE(status.wants(notice(Outcome::frozen)));
  Notice other = notice(Outcome::deployed);
  other.rollback = true;
  CHECK_FALSE(status.wants(other));
  other = notice(Outcome::deployed);
  other.commit.dirty = true;
  CHECK_FALSE(status.wants(other));
  other.commit = {};
  CHECK_FALSE(status.wants(other));
}

TEST_CASE("a status is read with the address that its kind of server has") {
  const auto said = [](const std::string& keys) {
    return problems(minimal("notify: [{ commit_status: { " + keys + " } }]"), variables({{"T", "t0ken"}}));
  };
  const auto read = [](const std::string& keys) {
    const auto config =
        parsed(minimal("notify: [{ commit_status: { " + keys + " } }]"), variables({{"T", "t0ken"}}));
    return std::get<CommitStatus>(config.environments.front().notify.front().means);
  };
  const auto github = read("at: github, repository: acme/crm, token: \"${T}\"");
  CHECK(github.api == "https://api.github.com");
  CHECK(github.token == "t0ken");
  CHECK(read("at: gitlab, repository: a/b/c, token: \"${T}\"").api == "https://gitlab.com/api/v4");
  CHECK(read("at: gitea, repository: a/b, token: \"${T}\", api: \"https://git.example.com/api/v1/\"").api ==
        "https://git.example.com/api/v1");
  CHECK(said("at: gitea, repository: a/b, token: \"${T}\"").contains("'api' is missing"));
  CHECK(said("at: github, repository: a/b, token: clear").contains("'token' is a secret"));
  for (const std::string wrong : {"crm", "a//b", "a/../b", "/a/b", "a/b/", "https://github.com/a/b"})
    CHECK_MESSAGE(
        said("at: github, repository: \"" + wrong + "\", token: \"${T}\"").contains("is no repository"),
        wrong);
  CHECK(problems(minimal("notify: [{ on: failure, commit_status: { at: github, repository: a/b, token: "
                         "\"${T}\" } }]"),
                 variables({{"T", "t"}}))
            .contains("'on' does not go with 'commit_status'"));
}

TEST_CASE("a token that cannot stand in a header is refused, and not shown") {
  const auto said =
      problems(minimal("notify: [{ commit_status: { at: github, repository: a/b, token: \"${T}\" } }]"),
               variables({{"T", "to ken"}}));
  CHECK(said.contains("is no token"));
  CHECK_FALSE(said.contains("to ken"));
}
