#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace belay {

/// An address to ask by http or https, taken apart. All of it is ASCII.
struct Url {
  std::string scheme;            // http or https
  std::string host;              // a name, or an IP address without brackets, as it was written
  std::string port;              // 1 to 65535, the scheme's own where none was written
  std::string target;            // path and query, percent-encoded; begins with a slash
  std::string user, password{};  // decoded; empty: none

  /// As the Host header has it: an IPv6 address in brackets, the port unless it is the scheme's own.
  std::string authority() const;
  /// Without user and password.
  std::string plain() const;
  /// With "user:***@".
  std::string shown() const;
};

/// The only place where a URL is taken apart. What stands beyond ASCII in path, query, user and password is
/// percent-encoded; in the host it is refused. On failure what is wrong, as the end of a sentence ("must be a
/// URL: …").
std::expected<Url, std::string> parse_url(std::string_view);

/// Of a URL with variables in it, which cannot be taken apart yet: its "user:password" as it stands there,
/// taken out of it. Empty: it has none.
std::string cut_login_out_of(std::string& url);
/// "user:password", decoded.
struct UrlLogin {
  std::string user, password;
};
UrlLogin login_of(std::string_view user_and_password);

/// `reference` (of a Location header) as seen from `base`, without a login. Empty if it leads to no http or
/// https URL.
std::optional<Url> resolved(const Url& base, std::string_view reference);

/// Whether both have the same host and port.
bool same_server(const Url&, const Url&);
bool same_host(const Url&, const Url&);

}  // namespace belay
