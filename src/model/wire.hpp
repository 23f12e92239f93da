#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "model/journal_record.hpp"

namespace belay {

/// What controller and host say to each other: one JSON object per line, over the ssh session's stdin and
/// stdout (or a pipe for `local`). The host speaks first. docs/architecture.md has the order of messages.
namespace wire {

inline constexpr int protocol = 1;

// ---- host to controller
struct Hello {
  int protocol_version = protocol;
  std::string version, architecture, hostname;
  Time clock{};
};
/// The run is on; its records follow. `waited`: the lock was somebody else's for that long.
struct Started {
  std::string run;
};
/// Another deployment holds the environment (and keeps it: the session ends; or is waited for, with --wait).
struct Held {
  std::string run, by;
  Time since{};
  bool waiting = false;
};
struct JournalRecord {
  Record record;
};
/// The answer to Ask.
struct Answer {
  boost::json::value value;
};
struct Failure {
  std::string message, why, next;
  int exit_code = 1;
};
struct Pong {};

// ---- controller to host
struct Start {
  Plan plan;
  bool wait = false;
  std::vector<RegistryLogin> logins{};  // for this run, in memory only: the plan goes into the journal
  boost::json::object secrets{};        // model/secrets.hpp
  Values variables{};                   // for this run, in memory only: EnvironmentConfig::variables
};
/// Show run `run` (empty: the one that is open, else the last) from record number `from` on.
struct Attach {
  std::string run;
  std::uint64_t from = 1;
};
/// Answer to an Awaiting record of run `nonce`.
struct Tell {
  std::string nonce, what;
  bool ok = false;
  std::string detail;
  /// In answer to `source`: what makes the source of the tree that the host has linked
  /// (model/tree_change.hpp, packed). Without it the source is there.
  std::optional<std::string> change{};
};
/// This controller only watches and will not answer that Awaiting record of run `nonce`: the host need not
/// wait for it.
struct Unable {
  std::string nonce, what;
};
/// Stop the deployment: undone if not committed yet.
struct Cancel {
  std::string nonce;
};
/// A question to the host, with arguments: docs/architecture.md lists them, and what each answers.
struct Ask {
  std::string about;
  boost::json::object arguments;
};
struct Ping {};

using ToController = std::variant<Hello, Started, Held, JournalRecord, Answer, Failure, Pong>;
using ToHost = std::variant<Start, Attach, Tell, Unable, Cancel, Ask, Ping>;

/// One line, without the newline.
std::string encode(const ToController&);
std::string encode(const ToHost&);
/// Throws Error on anything malformed or unknown. What comes to the controller is data of a machine that may
/// have been broken into: every text in it is made visible and is bounded (model/visible_text.hpp), and so
/// are depth and number of its values. Nothing of the host's reaches a terminal but through here, or through
/// visible_text() where it is no message (ssh's words).
ToController decode_to_controller(const std::string& line);
ToHost decode_to_host(const std::string& line);

}  // namespace wire
}  // namespace belay
