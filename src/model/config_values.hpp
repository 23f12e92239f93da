#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "model/config.hpp"

namespace belay {

/// The forms of single values in belay.yml. Each takes the text and gives the value, or what is wrong and
/// what is allowed.

struct ValueFault {
  std::string message;  // completes "'key' …" : "must be …"
  std::string remedy;
};
template <class T>
using Value = std::expected<T, ValueFault>;

/// "500ms", "5s", "2m", "1h30m".
Value<std::chrono::milliseconds> duration_value(std::string_view);
/// The shortest text that duration_value() reads back: "5s", "1h30m".
std::string shown_duration(std::chrono::milliseconds);
Value<std::int64_t> whole_number_value(std::string_view);
/// true, false, and what YAML 1.1 also takes for them: yes, no, on, off.
std::optional<bool> boolean_value(std::string_view);

/// local, user@host, user@host:port, or a Host of ~/.ssh/config. Only characters that no shell gives a
/// meaning to: ssh hands host and user to ProxyCommand's shell.
Value<HostAddress> host_value(std::string_view);
/// An image's reference; empty for `on`: the default.
Value<std::string> edge_image_value(std::string_view);
/// An IP address, or a network as 10.0.0.0/8.
Value<std::string> network_value(std::string_view);
/// "5%": from 1 to 100, without its sign.
Value<std::string> share_value(std::string_view);
/// ">1%", ">0.5%": in hundredths of a percentage point.
Value<int> more_than_percent_value(std::string_view);
/// ">2x", ">1.5x": in hundredths.
Value<int> more_than_times_value(std::string_view);
Value<std::string> host_key_value(std::string_view);
/// http or https, as model/url.hpp reads it; may hold `user:password@`.
Value<std::string> url_value(std::string_view);
/// A header that a health check may send: not one that belay itself has to set.
Value<std::string> header_name_value(std::string_view);

Value<std::string> app_name_value(std::string_view);
Value<std::string> environment_name_value(std::string_view);
Value<std::string> service_name_value(std::string_view);
/// A compose project: what compose itself takes for -p.
Value<std::string> project_name_value(std::string_view);
/// A variable of the environment.
Value<std::string> variable_name_value(std::string_view);
/// NAME=text; what is wrong is said without the text.
Value<std::string> env_line_value(std::string_view);
Value<std::string> file_text_value(std::string_view);
/// A registry as in an image's name: a host, and its port.
Value<std::string> registry_name_value(std::string_view);
Value<std::string> registry_user_value(std::string_view);
/// Never shows what it was given.
Value<std::string> password_value(std::string_view);
/// On the host: absolute, or relative to the live directory without `..`.
Value<std::string> host_file_value(std::string_view);
Value<std::string> container_name_value(std::string_view);
Value<std::string> database_name_value(std::string_view);
/// A directory on the host: absolute, not `/` itself, without `..`.
Value<std::string> absolute_path_value(std::string_view);
/// Inside a directory that is known: not absolute, without `..`.
Value<std::string> relative_path_value(std::string_view);
/// A file outside of the repository: absolute, or ~/…
Value<std::string> key_file_value(std::string_view);
/// A command of one line, with {name} in it.
Value<std::string> secret_command_value(std::string_view);
/// Not empty, one line, no control characters.
Value<std::string> line_value(std::string_view);
/// "Fri 16:00", "Fri", "16:00", "2026-12-23", "2026-12-23 18:00": one end of a freeze's window.
Value<FreezeEnd> freeze_end_value(std::string_view);
/// A name of the tz database, or an offset as +02:00.
Value<std::string> zone_name_value(std::string_view);
/// An event of `notify`: success, failure …
Value<std::string> notice_event_value(std::string_view);
/// As BotFather gives it. Never shows what it was given.
Value<std::string> telegram_token_value(std::string_view);
/// A token that stands in a header. Never shows what it was given.
Value<std::string> token_value(std::string_view);
/// owner/name, or more names for GitLab's groups.
Value<std::string> repository_value(std::string_view);
/// name@domain, of ASCII, as it may stand in a mail's head and in SMTP.
Value<std::string> mail_address_value(std::string_view);
/// A host's name or address.
Value<std::string> mail_server_value(std::string_view);
/// A pattern of model/glob.hpp, behind "!" or not.
Value<std::string> push_pattern_value(std::string_view);
/// Not empty; may have several lines.
Value<std::string> command_value(std::string_view);

}  // namespace belay
