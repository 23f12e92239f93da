#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "model/notice.hpp"
#include "model/notice_target.hpp"

namespace belay {

/// A notice in the form that each target takes. No value of a notice (an application's name, a commit's
/// subject, words of a failed program) becomes markup there: no link, no mention, no picture.

boost::json::object slack_form(const Notice&);
boost::json::object discord_form(const Notice&);
/// An adaptive card, as a workflow of Teams takes it.
boost::json::object teams_form(const Notice&);
boost::json::object telegram_form(const Notice&, const std::string& chat);
/// docs/reference/notices.md has its keys. `id` is the same in each attempt to send it.
boost::json::object webhook_form(const Notice&, const std::string& id, Time sent);

/// A POST of JSON.
struct NoticeRequest {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body;
  /// Words of an answer 400 that say: it is so already. Empty: there are none.
  std::string already{};
};
/// Of a notice that the target wants. Empty for a means that is no POST: mail.
std::optional<NoticeRequest> request_of(const NoticeMeans&, const Notice&, const std::string& id, Time sent);

}  // namespace belay
