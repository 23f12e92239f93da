#include "model/mail_message.hpp"

#include <doctest/doctest.h>

#include "base/base64.hpp"
#include "base/time.hpp"

using namespace belay;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find("\r\n", at);
    REQUIRE(end != std::string::npos);
    lines.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

/// As a mail program reads it: folds undone, encoded words decoded.
std::string decoded(std::string header) {
  std::string result;
  while (!header.empty()) {
    if (header.starts_with("\r\n ")) header.erase(0, 3);
    if (!header.starts_with("=?UTF-8?B?")) return result + header;
    const auto end = header.find("?=");
    result += base64_decoded(header.substr(10, end - 10));
    header.erase(0, end + 2);
  }
  return result;
}

Notice notice(const std::string& subject) {
  Notice one;
  one.outcome = Notice::Outcome::deployed;
  one.app = "crm";
  one.environment = "production";
  one.commit = {.id = "4f2a9c1d", .subject = subject, .branch = {}};
  return one;
}

const Time sent = parse_iso8601("2026-01-12T10:34:12.000Z");

}  // namespace

TEST_CASE("a mail has the headers of RFC 5322, short lines of ASCII, and the notice") {
  for (const std::string subject : {"Sort by name", "Über größere Dächer 😀", ".", "a\r\nBcc: x@y.example",
                                    "very long words again and again, very long words again and again"}) {
    CAPTURE(subject);
    const auto mail =
        mail_message(notice(subject), "belay@example.com", {"a@x.example", "b@y.example"}, "id1", sent);
    const auto lines = lines_of(mail);
    std::size_t body = 0;
    for (const auto& line : lines) {
      CHECK(line.size() <= 78);
      for (const char c : line) CHECK((c >= ' ' && c <= '~'));
      CHECK_FALSE(line.starts_with("Bcc"));
    }
    while (!lines.at(body).empty()) ++body;
    CHECK(lines.at(0) == "From: belay@example.com");
    CHECK(lines.at(1) == "To: a@x.example,");
    CHECK(lines.at(2) == " b@y.example");
    CHECK(lines.at(3) == "Subject: crm was deployed to production");
    CHECK(mail.contains("\r\nDate: Mon, 12 Jan 2026 10:34:12 +0000\r\n"));
    CHECK(mail.contains("\r\nMessage-ID: <belay.id1@example.com>\r\n"));
    std::string encoded;
    for (std::size_t i = body + 1; i < lines.size(); ++i) encoded += lines[i];
    CHECK(base64_decoded(encoded) == plain_text(notice(subject)));
  }
}

TEST_CASE("a header that is long or not ASCII is encoded words, each whole and short, which say the same") {
  CHECK(encoded_header("crm was deployed") == "crm was deployed");
  for (const std::string& text :
       {std::string("Größe"), std::string(500, 'x'), std::string("=?UTF-8?B?eA==?="),
        std::string("😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"), std::string("a\nb")}) {
    const auto encoded = encoded_header(text);
    CAPTURE(encoded);
    CHECK(decoded(encoded) == text);
    for (std::size_t at = 0; at < encoded.size();) {
      const auto end = std::min(encoded.find("\r\n ", at), encoded.size());
      CHECK(end - at <= 75);
      at = end + 3;
    }
  }
}
