#include <algorithm>

#include <fmt/core.h>

#include "importer/drafting.hpp"

namespace belay::importer {

void draft_health(Drafting& d) {
  Findings& findings = d.one.findings;
  const HealthFound* best = nullptr;
  for (const HealthFound& found : findings.health)
    if (is_known(found.url) && (!best || (!best->attempts && found.attempts))) best = &found;
  if (!best && !findings.health.empty()) {
    d.one.entries.push_back(
        gap("health", fmt::format("the URL; the workflow says {} ({})", as_shown(findings.health.front().url),
                                  from(findings.health.front().at))));
    d.unanswered.health_url = true;
    return;
  }
  if (!best) {
    if (!d.answers.health_url.empty()) {
      d.one.entries.push_back({"health", {scalar(d.answers.health_url)}});
      return;
    }
    d.unanswered.health_url = true;
    d.one.entries.push_back(
        {"# health",
         {},
         "none was found: a URL that proves a release. Without it belay looks at the containers"});
    return;
  }
  for (const HealthFound& other : findings.health)
    if (other.url != best->url)
      findings.leave(other.at, other.url,
                     "a further URL: health has one for each service, health: { SERVICE: { url: … } }");
  const std::string host = best->url.substr(std::min(best->url.find("://") + 3, best->url.size()));
  const bool local = host.starts_with("localhost") || host.starts_with("127.0.0.1");
  if (local && !best->on_server)
    findings.leave(best->at, best->url,
                   "the runner asked itself: it never reached the server; belay asks on the server", true);
  std::string value = "{ url: " + scalar(as_belay_text(best->url));
  if (best->on_server && !local) value += ", from: host";
  if (best->attempts && *best->attempts > 0 && *best->attempts <= 1000)
    value += fmt::format(", attempts: {}", *best->attempts);
  if (!best->interval.empty() && best->interval != "0s") value += ", interval: " + best->interval;
  if (best->follows) value += ", follow_redirects: true";
  std::string headers;
  for (const std::string& header : best->headers)
    if (const std::size_t colon = header.find(':'); colon != std::string::npos && is_known(header))
      headers += (headers.empty() ? "" : ", ") +
                 fmt::format("{}: {}", scalar(trimmed(header.substr(0, colon))),
                             scalar(as_belay_text(trimmed(header.substr(colon + 1)))));
  if (!headers.empty()) value += ", headers: { " + headers + " }";
  d.one.entries.push_back({"health", {value + " }"}, from(best->at)});
}

}  // namespace belay::importer
