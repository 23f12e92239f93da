#include "model/notice_target.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "model/commit_status.hpp"
#include "model/json_archive.hpp"
#include "model/url.hpp"

namespace belay {

namespace {

std::string shown_means(const ChatHook& hook) {
  return name_of(hook.kind);
}

/// Without its path, in which tokens stand.
std::string shown_means(const Webhook& hook) {
  const auto url = parse_url(hook.url);
  return url ? "webhook " + url->authority() : "webhook";
}

std::string shown_means(const TelegramChat&) {
  return "telegram";
}

std::string shown_means(const MailTarget& mail) {
  std::string all;
  for (const auto& one : mail.to) all += (all.empty() ? "" : ", ") + one;
  return "mail " + all;
}

std::string shown_means(const CommitStatus& status) {
  return fmt::format("{} {}", name_of(status.at), status.repository);
}

bool has_all(const MailTarget& mail) {
  return !mail.server.empty() && !mail.from.empty() && !mail.to.empty() &&
         (!mail.password || !mail.password->empty());
}
bool has_all(const ChatHook& hook) {
  return parse_url(hook.url).has_value();
}
bool has_all(const Webhook& hook) {
  return parse_url(hook.url).has_value() && (!hook.secret || !hook.secret->empty());
}
bool has_all(const TelegramChat& chat) {
  return !chat.token.empty() && !chat.chat.empty();
}

bool has_all(const CommitStatus& status) {
  return !status.repository.empty() && !status.token.empty() && !status.api.empty();
}

}  // namespace

bool is_ready(const NoticeMeans& means) {
  return std::visit([](const auto& one) { return has_all(one); }, means);
}

std::string NoticeTarget::shown() const {
  return std::visit([](const auto& one) { return shown_means(one); }, means);
}

bool NoticeTarget::wants(const Notice& notice) const {
  if (std::holds_alternative<CommitStatus>(means)) return status_context(notice).has_value();
  if (on.empty()) return is_news(notice);
  return std::ranges::any_of(on, [&](NoticeEvent event) { return is_of(notice, event); });
}

}  // namespace belay
