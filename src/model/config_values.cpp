#include "model/config_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <arpa/inet.h>
#include <fmt/core.h>

#include "model/glob.hpp"
#include "model/url.hpp"

namespace belay {

namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

std::unexpected<ValueFault> fault(std::string message, std::string remedy = {}) {
  return std::unexpected(ValueFault{std::move(message), std::move(remedy)});
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string alphanumeric_and(std::string_view more) {
  return std::string(lower) + std::string(upper) + std::string(digits) + std::string(more);
}

/// Made of `allowed` only, beginning with a letter or digit of `allowed` or one of `also_first`.
bool is_word(std::string_view text, const std::string& allowed, std::string_view also_first) {
  if (text.empty() || text.find_first_not_of(allowed) != std::string_view::npos) return false;
  const char first = text.front();
  return alphanumeric_and({}).contains(first) || also_first.contains(first);
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct DurationUnit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<DurationUnit, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::int64_t longest = 365 * 86'400'000LL;

bool has_parent_step(std::string_view path) {
  const std::filesystem::path parts(path);
  return std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part == ".."; });
}

std::string normalised(std::string_view text) {
  std::filesystem::path path = std::filesystem::path(text).lexically_normal();
  if (!path.has_filename() && path.has_relative_path()) path = path.parent_path();
  return path.native();
}

std::optional<int> port_value(std::string_view text) {
  const auto port = number<int>(text);
  return port && *port >= 1 && *port <= 65535 && text.find_first_not_of(digits) == std::string_view::npos
             ? port
             : std::nullopt;
}

bool is_ipv6(std::string_view text) {
  return text.contains(':') && text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

}  // namespace

Value<std::chrono::milliseconds> duration_value(std::string_view text) {
  const auto wrong = fault("must be a duration", "write a number and a unit: 500ms, 5s, 2m, 1h30m");
  if (text.empty()) return wrong;
  std::int64_t total = 0;
  std::size_t smallest_unit = 0;  // units come from large to small, each once
  while (!text.empty()) {
    const std::size_t digits_end = text.find_first_not_of(digits);
    if (digits_end == 0 || digits_end == std::string_view::npos) return wrong;
    const auto amount = number<std::int64_t>(text.substr(0, digits_end));
    text.remove_prefix(digits_end);
    const std::string_view name = text.substr(0, text.find_first_of(digits));
    const auto unit =
        std::find_if(units.begin(), units.end(), [&](const auto& known) { return known.name == name; });
    if (unit == units.end() || !amount) return wrong;
    const auto rank = static_cast<std::size_t>(unit - units.begin()) + 1;
    if (rank <= smallest_unit) return wrong;
    smallest_unit = rank;
    if (*amount > longest / unit->milliseconds) return fault("is longer than a year");
    total += *amount * unit->milliseconds;
    text.remove_prefix(name.size());
  }
  return std::chrono::milliseconds(total);
}

std::string shown_duration(std::chrono::milliseconds duration) {
  std::string shown;
  std::int64_t left = duration.count();
  for (const auto& unit : units) {
    if (left >= unit.milliseconds) shown += fmt::format("{}{}", left / unit.milliseconds, unit.name);
    left %= unit.milliseconds;
  }
  return shown.empty() ? "0s" : shown;
}

Value<std::int64_t> whole_number_value(std::string_view text) {
  if (const auto value = number<std::int64_t>(text)) return *value;
  return fault("must be a whole number");
}

std::optional<bool> boolean_value(std::string_view text) {
  std::string word(text);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  return std::nullopt;
}

Value<HostAddress> host_value(std::string_view text) {
  const std::string_view shown = text;
  const auto wrong = fault(fmt::format("cannot be '{}'", text),
                           "write user@host, user@host:port, a Host of ~/.ssh/config, or local");
  if (text == "local") return HostAddress{.local = true, .destination = {}, .port = {}, .shown = "local"};
  std::string user;
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    user = std::string(text.substr(0, at + 1));
    text.remove_prefix(at + 1);
    if (!is_word(user.substr(0, at), alphanumeric_and("_.+-"), "_")) return wrong;
  }
  HostAddress address{.local = false, .destination = {}, .port = {}, .shown = std::string(shown)};
  std::string_view host = text.substr(0, text.find(':'));
  std::string_view after = text.substr(host.size());
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || !is_ipv6(text.substr(1, end - 1))) return wrong;
    host = text.substr(1, end - 1);
    after = text.substr(end + 1);
  } else if (is_ipv6(text) && std::count(text.begin(), text.end(), ':') > 1) {
    host = text;
    after = {};
  } else if (!is_word(host, alphanumeric_and("_.-"), "_")) {
    return wrong;
  }
  if (!after.empty()) {
    address.port = after.starts_with(':') ? port_value(after.substr(1)) : std::nullopt;
    if (!address.port) return wrong;
  }
  address.destination = user + std::string(host);
  return address;
}

Value<std::string> edge_image_value(std::string_view text) {
  const auto truth = boolean_value(text);
  if (truth == true) return std::string{};
  if (!truth && is_word(text, alphanumeric_and("_.-/:@"), {})) return std::string(text);
  return fault(fmt::format("cannot be '{}'", text), "an image such as haproxy:3.0; or on, or off");
}

Value<std::string> network_value(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = text.substr(0, slash);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const auto is_of = [&](int family) {
    return ::inet_pton(family, std::string(address).c_str(), bytes.data()) == 1;
  };
  const int most = is_of(AF_INET) ? 32 : is_of(AF_INET6) ? 128 : -1;
  const auto bits = slash == std::string_view::npos ? std::optional(0) : number<int>(text.substr(slash + 1));
  if (bits && *bits >= 0 && *bits <= most) return std::string(text);
  return fault(fmt::format("has '{}', which is no address", text), "such as 10.0.0.5 or 10.0.0.0/8");
}

Value<std::string> share_value(std::string_view text) {
  const auto share = text.ends_with('%') ? number<int>(text.substr(0, text.size() - 1)) : std::nullopt;
  if (share && *share >= 1 && *share <= 100) return std::to_string(*share);
  return fault(fmt::format("has '{}', which is no share of the requests", text), "from 1% to 100%");
}

namespace {

/// ">1.25%" with the unit "%" is 125; empty: it is no such text, or none above zero.
std::optional<int> hundredths(std::string_view text, std::string_view unit) {
  if (!text.starts_with('>') || !text.ends_with(unit)) return std::nullopt;
  text = text.substr(1, text.size() - 1 - unit.size());
  while (text.starts_with(' ')) text.remove_prefix(1);
  const auto whole_end = std::min(text.find('.'), text.size());
  std::string fraction(whole_end == text.size() ? "" : text.substr(whole_end + 1));
  if (fraction.size() > 2 || (whole_end != text.size() && fraction.empty())) return std::nullopt;
  fraction.resize(2, '0');
  const auto whole = number<int>(text.substr(0, whole_end)), rest = number<int>(fraction);
  if (!whole || !rest || *whole < 0 || *rest < 0 || *whole > 10000) return std::nullopt;
  return *whole * 100 + *rest > 0 ? std::optional(*whole * 100 + *rest) : std::nullopt;
}

}  // namespace

Value<int> more_than_percent_value(std::string_view text) {
  if (const auto value = hundredths(text, "%"); value && *value <= 10000) return *value;
  return fault(fmt::format("cannot be '{}'", text), "write how much more may fail, such as \">1%\"");
}

Value<int> more_than_times_value(std::string_view text) {
  if (const auto value = hundredths(text, "x"); value && *value >= 100) return *value;
  return fault(fmt::format("cannot be '{}'", text),
               "write how many times as long it may take, such as \">2x\"");
}

Value<std::string> host_key_value(std::string_view text) {
  constexpr std::string_view prefix = "SHA256:";
  if (text.starts_with(prefix) && text.size() == prefix.size() + 43 &&
      text.substr(prefix.size()).find_first_not_of(alphanumeric_and("+/")) == std::string_view::npos)
    return std::string(text);
  return fault("must be a host key's fingerprint, SHA256: and 43 characters",
               "on the host: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
}

Value<std::string> url_value(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return fault(fmt::format("must be a URL: {}", url.error()), "such as https://example.com/health");
  return std::string(text);
}

Value<std::string> header_name_value(std::string_view text) {
  if (!is_word(text, alphanumeric_and("!#$%&'*+-.^_`|~"), "!#$%&'*+-.^_`|~"))
    return fault(fmt::format("has '{}', which cannot name a header", text), "letters, digits and '-'");
  std::string small(text);
  std::ranges::transform(small, small.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  for (const auto* const own : {"connection", "content-length", "transfer-encoding", "upgrade"})
    if (small == own) return fault(fmt::format("has '{}', which belay sets itself", text), "take it out");
  return std::string(text);
}

Value<std::string> app_name_value(std::string_view text) {
  if (text.size() <= 63 && is_word(text, std::string(lower) + std::string(digits) + "-_", {}))
    return std::string(text);
  return fault(fmt::format("cannot be '{}'", text),
               "lower-case letters, digits, '-' and '_', beginning with a letter or digit, at most 63");
}

Value<std::string> environment_name_value(std::string_view text) {
  if (text.size() <= 63 && is_word(text, std::string(lower) + std::string(digits) + "-", {}))
    return std::string(text);
  return fault(fmt::format("'{}' cannot name an environment", text),
               "lower-case letters, digits and '-', beginning with a letter or digit, at most 63");
}

Value<std::string> service_name_value(std::string_view text) {
  if (is_word(text, alphanumeric_and("_.-"), "_")) return std::string(text);
  return fault(fmt::format("has '{}', which cannot be a compose service", text),
               "letters, digits, '_', '.' and '-'");
}

Value<std::string> project_name_value(std::string_view text) {
  if (is_word(text, std::string(lower) + std::string(digits) + "-_", {}) && !upper.contains(text.front()))
    return std::string(text);
  return fault(fmt::format("cannot be '{}'", text),
               "lower-case letters, digits, '-' and '_', beginning with a letter or digit");
}

Value<std::string> variable_name_value(std::string_view text) {
  if (is_word(text, alphanumeric_and("_"), "_") && !digits.contains(text.front())) return std::string(text);
  return fault(fmt::format("has '{}', which cannot be a variable", text),
               "its name alone: letters, digits and '_', not beginning with a digit");
}

Value<std::string> env_line_value(std::string_view text) {
  const auto name = text.substr(0, text.find('='));
  if (is_word(name, alphanumeric_and("_.-"), "_") && !digits.contains(name.front())) return std::string(text);
  return fault("has a line that names no variable", "write NAME, or NAME=text");
}

Value<std::string> file_text_value(std::string_view text) {
  if (!text.empty()) return std::string(text);
  return fault("must not be empty", "the variable's value is the whole file");
}

Value<std::string> registry_name_value(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto host = text.substr(0, colon);
  const bool has_port = colon != std::string_view::npos;
  if (is_word(host, alphanumeric_and("_.-"), {}) && (!has_port || port_value(text.substr(colon + 1))))
    return std::string(text);
  return fault(fmt::format("has '{}', which is no registry", text),
               "as in an image's name: ghcr.io, registry.example.com:5000; docker.io is Docker Hub");
}

Value<std::string> registry_user_value(std::string_view text) {
  if (text.contains(':')) return fault("must not contain ':'", "a registry splits user and password there");
  return line_value(text);
}

Value<std::string> password_value(std::string_view text) {
  return line_value(text);
}

Value<std::string> host_file_value(std::string_view text) {
  return text.starts_with('/') ? absolute_path_value(text) : relative_path_value(text);
}

Value<std::string> container_name_value(std::string_view text) {
  if (text.size() > 1 && is_word(text, alphanumeric_and("_.-"), {})) return std::string(text);
  return fault(fmt::format("cannot be '{}'", text), "a container's name: letters, digits, '_', '.' and '-'");
}

Value<std::string> database_name_value(std::string_view text) {
  if (is_word(text, alphanumeric_and("_.$-"), "_")) return std::string(text);
  return fault(fmt::format("cannot be '{}'", text), "letters, digits, '_', '.', '$' and '-'");
}

Value<std::string> absolute_path_value(std::string_view text) {
  if (auto line = line_value(text); !line) return line;
  if (!text.starts_with('/'))
    return fault(fmt::format("must be an absolute path, not '{}'", text), "it begins with /");
  if (has_parent_step(text)) return fault("must not contain '..'");
  std::string path = normalised(text);
  // POSIX leaves two leading slashes to the system; Linux takes them for one.
  path.erase(
      0, path.find_first_not_of('/') == std::string::npos ? path.size() : path.find_first_not_of('/') - 1);
  if (path.empty()) return fault("must not be the root directory '/'", "give the app a directory of its own");
  return path;
}

Value<std::string> relative_path_value(std::string_view text) {
  if (auto line = line_value(text); !line) return line;
  if (text.starts_with('/')) return fault(fmt::format("must be a relative path, not '{}'", text));
  if (has_parent_step(text)) return fault("must not contain '..'");
  return normalised(text);
}

Value<std::string> key_file_value(std::string_view text) {
  if (auto line = line_value(text); !line) return line;
  if (text.starts_with('/') || text.starts_with("~/")) return std::string(text);
  return fault(fmt::format("must be an absolute path or begin with ~/, not '{}'", text),
               "the key never lies in the repository");
}

Value<std::string> secret_command_value(std::string_view text) {
  if (auto line = line_value(text); !line) return line;
  if (text.contains("{name}")) return std::string(text);
  return fault("has no {name}, where the secret's name goes", "for example op read op://prod/{name}");
}

Value<std::string> line_value(std::string_view text) {
  if (text.empty()) return fault("must not be empty");
  if (std::any_of(text.begin(), text.end(), is_control))
    return fault("must be one line without control characters");
  return std::string(text);
}

namespace {

std::optional<std::chrono::weekday> weekday_named(std::string_view text) {
  constexpr std::array names{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
  std::string lowered(text);
  for (char& c : lowered)
    if (const auto at = upper.find(c); at != std::string_view::npos) c = lower[at];
  for (unsigned i = 0; i < names.size(); ++i)
    if (lowered == names[i] || lowered == std::string_view(names[i]).substr(0, 3))
      return std::chrono::weekday(i);
  return std::nullopt;
}

/// The number that stands where `form` has a letter, if all of `text` has that form: digits there, and the
/// same characters elsewhere.
std::optional<int> digits_in(std::string_view text, std::string_view form, char letter) {
  if (text.size() != form.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool is_digit = digits.contains(text[i]);
    if (lower.contains(form[i]) != is_digit || (!is_digit && text[i] != form[i])) return std::nullopt;
    if (form[i] == letter) value = value * 10 + (text[i] - '0');
  }
  return value;
}

/// "16:00", "8:00", "24:00".
std::optional<int> minute_of_day(std::string_view text) {
  const auto* form = text.size() == 4 ? "h:mm" : "hh:mm";
  const auto hour = digits_in(text, form, 'h'), minute = digits_in(text, form, 'm');
  if (!hour || !minute || *minute > 59 || *hour * 60 + *minute > 24 * 60) return std::nullopt;
  return *hour * 60 + *minute;
}

std::optional<std::chrono::local_days> date_of(std::string_view text) {
  const auto year = digits_in(text, "yyyy-mm-dd", 'y'), month = digits_in(text, "yyyy-mm-dd", 'm'),
             day = digits_in(text, "yyyy-mm-dd", 'd');
  if (!year || !month || !day || *year < 1970 || *year > 2199) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  return date.ok() ? std::optional(std::chrono::local_days(date)) : std::nullopt;
}

}  // namespace

Value<FreezeEnd> freeze_end_value(std::string_view text) {
  FreezeEnd end;
  end.text = std::string(text);
  const auto behind = text.find_first_of(" T", 3);  // not the T of Tue
  const auto first = text.substr(0, behind);
  const auto second = behind == std::string_view::npos ? std::string_view() : text.substr(behind + 1);
  const auto minute = minute_of_day(second.empty() ? first : second);
  const bool good_time = second.empty() ? behind == std::string_view::npos : minute.has_value();
  if (const auto weekday = weekday_named(first);
      weekday && good_time && (second.empty() || text[behind] == ' ')) {
    end.kind = FreezeEnd::Kind::weekly;
    end.weekday = *weekday;
    if (!second.empty()) end.minute = minute;
    return end;
  }
  if (const auto date = date_of(first); date && good_time) {
    end.kind = FreezeEnd::Kind::dated;
    end.date = *date;
    if (!second.empty()) end.minute = minute;
    return end;
  }
  if (second.empty() && minute && good_time) {
    end.minute = minute;
    return end;
  }
  return fault(fmt::format("is no time of a freeze: '{}'", text),
               "a day of the week and a time (Fri 16:00), a date (2026-12-23), a date and a time "
               "(2026-12-23 18:00), a day of the week (Sat), or a time of every day (18:00)");
}

Value<std::string> zone_name_value(std::string_view text) {
  if (zone_without_database(text)) return std::string(text);
  const bool word =
      is_word(text, alphanumeric_and("_+-/"), {}) && !text.ends_with('/') && !text.contains("//");
  if (word) return std::string(text);
  return fault(fmt::format("is no time zone: '{}'", text),
               "a name like America/Sao_Paulo, UTC, or an offset like -03:00");
}

Value<std::string> notice_event_value(std::string_view text) {
  std::string all;
  for (const auto& [event, name] : enum_names(NoticeEvent{})) {
    if (name == text) return std::string(text);
    all += (all.empty() ? "" : ", ") + std::string(name);
  }
  return fault(fmt::format("has no event '{}'", text), "events are: " + all);
}

Value<std::string> telegram_token_value(std::string_view text) {
  if (is_word(text, alphanumeric_and(":_-"), {})) return std::string(text);
  return fault("is no token of a bot", "BotFather gives it: digits, ':', letters");
}

Value<std::string> token_value(std::string_view text) {
  const bool good = !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  if (good) return std::string(text);
  return fault("is no token", "a token has no spaces, and only ASCII");
}

Value<std::string> repository_value(std::string_view text) {
  const bool good = is_word(text, alphanumeric_and("._-/"), "._") && text.contains('/') &&
                    !text.contains("//") && !text.ends_with('/') &&
                    !("/" + std::string(text) + "/").contains("/../");
  if (good) return std::string(text);
  return fault(fmt::format("is no repository: '{}'", text), "for example acme/crm, without the server");
}

Value<std::string> mail_address_value(std::string_view text) {
  const auto at = text.find('@');
  const bool good =
      at != std::string_view::npos && at > 0 && text.size() <= 254 &&
      text.find_first_not_of(alphanumeric_and(".!#$%&'*+/=?^_`{|}~-@")) == std::string_view::npos &&
      is_word(text.substr(at + 1), alphanumeric_and(".-"), {});
  if (good) return std::string(text);
  return fault(fmt::format("is no mail address: '{}'", text), "for example ops@example.com, without a name");
}

Value<std::string> mail_server_value(std::string_view text) {
  if (is_word(text, alphanumeric_and(".:-"), ":")) return std::string(text);
  return fault(fmt::format("is no host: '{}'", text),
               "for example smtp.example.com; 'port' is a key of its own");
}

Value<std::string> push_pattern_value(std::string_view text) {
  if (auto line = line_value(text); !line) return line;
  if (const auto pattern = Pattern::read(text); !pattern)
    return fault(fmt::format("has a wrong pattern '{}': {} at character {}", text, pattern.error().message,
                             pattern.error().at),
                 pattern.error().remedy);
  return std::string(text);
}

Value<std::string> command_value(std::string_view text) {
  if (text.find_first_not_of(" \t\n") == std::string_view::npos) return fault("must not be empty");
  if (text.contains('\0')) return fault("must not contain a zero byte");
  return std::string(text);
}

}  // namespace belay
