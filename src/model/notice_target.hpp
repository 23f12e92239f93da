#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "model/notice.hpp"

namespace belay {

constexpr auto enum_names(NoticeEvent) {
  using enum NoticeEvent;
  return std::to_array<std::pair<NoticeEvent, std::string_view>>(
      {{success, "success"}, {failure, "failure"}, {rollback, "rollback"}, {frozen, "frozen"}});
}

/// A URL that a chat gave, to which messages are posted. All of it is a secret.
struct ChatHook {
  enum class Kind { slack, discord, teams };
  Kind kind = Kind::slack;
  std::string url;
};

constexpr auto enum_names(ChatHook::Kind) {
  using enum ChatHook::Kind;
  return std::to_array<std::pair<ChatHook::Kind, std::string_view>>(
      {{slack, "slack"}, {discord, "discord"}, {teams, "teams"}});
}

/// Any program that takes a POST. With a secret the body is signed.
struct Webhook {
  std::string url;
  std::optional<std::string> secret{};
};

struct TelegramChat {
  std::string token, chat;
  std::string api = "https://api.telegram.org";
};

/// A mail server, and between whom the mail is. tls: TLS from the beginning; starttls: from the first words
/// on, and no mail without it; none: only to this very machine.
struct MailTarget {
  enum class Tls { tls, starttls, none };
  std::string server;
  int port = 587;
  Tls tls = Tls::starttls;
  std::string from;
  std::vector<std::string> to;
  std::string user{};
  std::optional<std::string> password{};
};

constexpr auto enum_names(MailTarget::Tls) {
  using enum MailTarget::Tls;
  return std::to_array<std::pair<MailTarget::Tls, std::string_view>>(
      {{tls, "tls"}, {starttls, "starttls"}, {none, "none"}});
}

/// A server of git that shows beside a commit how its deployments ended.
struct CommitStatus {
  enum class Kind { github, gitlab, gitea };
  Kind at = Kind::github;
  std::string repository;  // owner/name, as the server's pages have it
  std::string token;
  std::string api;  // without a slash at its end
};

constexpr auto enum_names(CommitStatus::Kind) {
  using enum CommitStatus::Kind;
  return std::to_array<std::pair<CommitStatus::Kind, std::string_view>>(
      {{github, "github"}, {gitlab, "gitlab"}, {gitea, "gitea"}});
}

using NoticeMeans = std::variant<ChatHook, Webhook, TelegramChat, MailTarget, CommitStatus>;
/// Whether all that is needed to send has a value.
bool is_ready(const NoticeMeans&);

/// One entry of `notify`. Its texts have the values of their variables in them: it lives in memory only, and
/// has no form in which it could be stored.
struct NoticeTarget {
  NoticeMeans means;
  std::vector<NoticeEvent> on{};  // empty: all
  std::string unready{};          // why nothing can be sent; empty: it can

  /// "slack", "webhook hooks.example.com": as people may see it.
  std::string shown() const;
  /// A commit status tells of deployments of a commit, from their beginning; all others tell of ends.
  bool wants(const Notice&) const;
};

}  // namespace belay
