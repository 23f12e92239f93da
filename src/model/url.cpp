#include "model/url.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <arpa/inet.h>
#include <fmt/core.h>

// Not with Boost.URL: its 1.81 takes "//a@b@c" for the host b, the port 99999 for 34463, and resolve() runs
// into an assertion of its own.

namespace belay {

namespace {

std::string lower(std::string_view text) {
  std::string copy(text);
  std::ranges::transform(copy, copy.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return copy;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string decoded(std::string_view text) {
  std::string all;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned value = 0;
    const bool is_escape =
        text[at] == '%' && at + 2 < text.size() && is_hex(text[at + 1]) && is_hex(text[at + 2]);
    if (is_escape) {
      std::from_chars(&text[at + 1], &text[at + 1] + 2, value, 16);
      at += 2;
    }
    all += is_escape ? static_cast<char>(value) : text[at];
  }
  return all;
}

constexpr std::string_view in_target = "-._~!$&'()*+,;=:@/?";

/// What may stand in a path or a query stays, all else becomes %XX; so does a lone '%'.
std::string encoded_target(std::string_view text) {
  std::string all;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool is_escape = c == '%' && at + 2 < text.size() && is_hex(text[at + 1]) && is_hex(text[at + 2]);
    if (is_escape || is_alphanumeric(c) || in_target.contains(c))
      all += c;
    else
      all += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return all;
}

/// The parts of "//login@host:port/path?query#fragment".
struct Parts {
  std::optional<std::string_view> login{};
  std::string_view host, port{}, target;
  bool has_port = false;
};

Parts parts_of(std::string_view rest) {
  Parts parts;
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  parts.target = rest.substr(authority.size());
  parts.target = parts.target.substr(0, parts.target.find('#'));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    parts.login = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  const auto colon = authority.rfind(':');
  parts.has_port = colon != std::string_view::npos && !authority.ends_with(']');
  parts.host = authority.substr(0, parts.has_port ? colon : authority.size());
  if (parts.has_port) parts.port = authority.substr(colon + 1);
  return parts;
}

bool is_port(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 1 && number <= 65535 &&
         text.size() <= 5;
}

bool is_name(std::string_view text) {
  return !text.empty() && (is_alphanumeric(text[0]) || text[0] == '_') &&
         std::ranges::all_of(text,
                             [](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_ipv6(std::string_view text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

std::string_view without_brackets(std::string_view host) {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

/// What is wrong with the parts; empty: nothing.
std::string problem_of(const Parts& parts) {
  if (parts.login && (parts.login->find_first_of("@\\") != std::string_view::npos || parts.login->empty() ||
                      parts.login->starts_with(':')))
    return "before the @ stands user:password, with @ and : in them as %40 and %3A";
  if (std::ranges::any_of(parts.host, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return fmt::format("its host is not ASCII: write it as it stands in DNS, xn--…  (idn2 {} prints it)",
                       parts.host);
  if (parts.has_port && !is_port(parts.port)) return "its port is a number from 1 to 65535";
  if (parts.host.starts_with('[') && !(parts.host.ends_with(']') && is_ipv6(without_brackets(parts.host))))
    return "what stands in brackets is an IPv6 address";
  if (!parts.host.starts_with('[') && !is_name(parts.host)) return "a host name follows the //";
  return {};
}

/// "https" and what follows "://"; empty if it is neither http nor https.
std::optional<std::pair<std::string, std::string_view>> scheme_of(std::string_view text) {
  const auto end = text.find("://");
  if (end == std::string_view::npos) return {};
  std::string scheme = lower(text.substr(0, end));
  if (scheme != "http" && scheme != "https") return {};
  return std::pair{std::move(scheme), text.substr(end + 3)};
}

bool is_forbidden(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == 0x7F;
}

std::string usual_port(std::string_view scheme) {
  return scheme == "https" ? "443" : "80";
}

}  // namespace

std::string cut_login_out_of(std::string& url) {
  const auto begin = url.find("://");
  if (begin == std::string::npos) return {};
  const auto end = std::min(url.find_first_of("/?#", begin + 3), url.size());
  const auto at = url.rfind('@', end);
  if (at == std::string::npos || at < begin) return {};
  std::string login = url.substr(begin + 3, at - begin - 3);
  url.erase(begin + 3, at - begin - 2);
  return login;
}

UrlLogin login_of(std::string_view login) {
  const auto colon = login.find(':');
  return {decoded(login.substr(0, colon)),
          colon == std::string_view::npos ? "" : decoded(login.substr(colon + 1))};
}

std::expected<Url, std::string> parse_url(std::string_view text) {
  const auto scheme = scheme_of(text);
  if (!scheme) return std::unexpected("it begins with http:// or https://");
  if (std::ranges::any_of(text, is_forbidden)) return std::unexpected("it has no spaces");
  const Parts parts = parts_of(scheme->second);
  if (std::string problem = problem_of(parts); !problem.empty()) return std::unexpected(std::move(problem));
  std::string target = encoded_target(parts.target);
  if (!target.starts_with('/')) target.insert(0, "/");
  auto login = login_of(parts.login.value_or(""));
  return Url{.scheme = scheme->first,
             .host = std::string(without_brackets(parts.host)),
             .port = parts.has_port ? std::string(parts.port) : usual_port(scheme->first),
             .target = std::move(target),
             .user = std::move(login.user),
             .password = std::move(login.password)};
}

std::string Url::authority() const {
  const std::string bracketed = host.contains(':') ? "[" + host + "]" : host;
  return port == usual_port(scheme) ? bracketed : bracketed + ":" + port;
}

std::string Url::plain() const {
  return fmt::format("{}://{}{}", scheme, authority(), target);
}

std::string Url::shown() const {
  return fmt::format("{}://{}{}{}", scheme, user.empty() ? "" : user + ":***@", authority(), target);
}

namespace {

/// Without "." and ".." in it (RFC 3986, 5.2.4).
std::string without_dots(std::string_view path) {
  std::string clean;
  while (!path.empty()) {  // "/segment" after "/segment"
    const std::string_view segment = path.substr(0, path.find('/', 1));
    path.remove_prefix(segment.size());
    const bool is_up = segment == "/..", is_here = segment == "/.";
    if (is_up) clean.erase(std::min(clean.rfind('/'), clean.size()));
    if (!is_up && !is_here)
      clean += segment;
    else if (path.empty())
      clean += '/';
  }
  return clean;
}

/// A reference that names neither scheme nor host, as a target below that of `base`.
std::string target_below(const Url& base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  const std::string_view base_path = std::string_view(base.target).substr(0, base.target.find('?'));
  const std::string_view path = reference.substr(0, reference.find('?'));
  const std::string query(reference.substr(path.size()));
  if (path.empty()) return query.empty() ? base.target : std::string(base_path) + query;
  const std::string_view above = path.starts_with('/') ? "" : base_path.substr(0, base_path.rfind('/') + 1);
  return without_dots(std::string(above) + std::string(path)) + query;
}

/// "mailto:x", which is no path.
bool has_scheme(std::string_view reference) {
  const std::string_view first = reference.substr(0, reference.find_first_of("/?#"));
  return first.contains(':');
}

}  // namespace

std::optional<Url> resolved(const Url& base, std::string_view reference) {
  std::string whole(reference);
  if (reference.empty()) return {};
  if (reference.starts_with("//"))
    whole = base.scheme + ":" + whole;
  else if (!has_scheme(reference))
    whole = fmt::format("{}://{}{}", base.scheme, base.authority(), target_below(base, reference));
  auto url = parse_url(whole);
  if (!url) return {};
  url->user.clear();
  url->password.clear();
  return std::move(*url);
}

bool same_host(const Url& one, const Url& other) {
  return lower(one.host) == lower(other.host);
}

bool same_server(const Url& one, const Url& other) {
  return same_host(one, other) && one.port == other.port;
}

}  // namespace belay
