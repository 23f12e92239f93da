#include "drivers/http.hpp"

#include <fmt/core.h>

#include "base/error.hpp"

namespace belay::http {

Url url_of(const std::string& text) {
  auto url = parse_url(text);
  if (!url)
    throw Error(fmt::format("{} is not an address to ask", text), url.error(),
                "write it as http://host[:port]/path or https://…", ExitCode::bad_input);
  return std::move(*url);
}

Asked asked_of(const Url& url, const std::string& address, int port) {
  return {.url = {.scheme = "http",
                  .host = address,
                  .port = std::to_string(port),
                  .target = url.target,
                  .user = url.user,
                  .password = url.password},
          .headers = {{"Host", url.authority()}, {"X-Forwarded-Proto", url.scheme}}};
}

std::optional<Url> redirect_of(const Url& asked, const Answer& answer) {
  const auto location = answer.headers.find("location");
  if (answer.status / 100 != 3 || location == answer.headers.end()) return std::nullopt;
  auto leads = resolved(asked, location->second);
  if (leads && leads->scheme == asked.scheme && same_server(*leads, asked)) {
    leads->user = asked.user;
    leads->password = asked.password;
  }
  return leads;
}

}  // namespace belay::http
