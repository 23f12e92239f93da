#include "model/commit_status.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/core.h>

namespace belay {

namespace {

namespace json = boost::json;

/// GitHub's words, which are Gitea's too.
const char* state_of(const Notice& notice) {
  switch (notice.outcome) {
    case Notice::Outcome::begun:
      return "pending";
    case Notice::Outcome::unknown:
    case Notice::Outcome::called_off:
      return "error";
    default:
      return is_good(notice) ? "success" : "failure";
  }
}

const char* gitlab_state_of(const Notice& notice) {
  if (notice.outcome == Notice::Outcome::begun) return "pending";
  if (notice.outcome == Notice::Outcome::called_off) return "canceled";
  return is_good(notice) ? "success" : "failed";
}

/// GitHub takes 140 characters.
std::string description_of(const Notice& notice) {
  return at_most(headline(notice), 140);
}

json::object form_of(const char* state, const char* name, const Notice& notice, const std::string& link) {
  json::object form{
      {"state", state}, {name, status_context(notice).value()}, {"description", description_of(notice)}};
  if (!link.empty()) form["target_url"] = link;
  return form;
}

/// GitLab answers 400 where the status is what it shall be: "Cannot transition status via :enqueue from
/// :pending" (seen with 11.2 and 19.2).
NoticeRequest gitlab_request(const CommitStatus& status, const Notice& notice, const std::string& link) {
  std::string project;
  for (const char c : status.repository) project += c == '/' ? std::string("%2F") : std::string(1, c);
  const char* state = gitlab_state_of(notice);
  return {.url = fmt::format("{}/projects/{}/statuses/{}", status.api, project, notice.commit.id),
          .headers = {{"Content-Type", "application/json"}, {"PRIVATE-TOKEN", status.token}},
          .body = json::serialize(form_of(state, "name", notice, link)),
          .already = fmt::format("from :{}", state)};
}

}  // namespace

std::optional<std::string> status_context(const Notice& notice) {
  const bool of_a_commit = !notice.commit.id.empty() && !notice.commit.dirty;
  if (!of_a_commit || notice.rollback || notice.outcome == Notice::Outcome::frozen) return std::nullopt;
  return fmt::format("belay/{}/{}{}", notice.app, notice.environment,
                     notice.outcome == Notice::Outcome::test ? "/test" : "");
}

NoticeRequest status_request(const CommitStatus& status, const Notice& notice, const std::string& link) {
  if (status.at == CommitStatus::Kind::gitlab) return gitlab_request(status, notice, link);
  const bool github = status.at == CommitStatus::Kind::github;
  return {.url = fmt::format("{}/repos/{}/statuses/{}", status.api, status.repository, notice.commit.id),
          .headers = {{"Content-Type", "application/json"},
                      {"Accept", github ? "application/vnd.github+json" : "application/json"},
                      {"Authorization", (github ? "Bearer " : "token ") + status.token}},
          .body = json::serialize(form_of(state_of(notice), "context", notice, link))};
}

}  // namespace belay
