#include "model/url.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace belay;

TEST_CASE("a URL is taken apart") {
  struct Row {
    std::string text, scheme, host, port, target, user, password, authority;
  };
  const Row rows[]{
      {"http://localhost:3002/api/health?deep=1#top", "http", "localhost", "3002", "/api/health?deep=1", "",
       "", "localhost:3002"},
      {"https://api.example.org", "https", "api.example.org", "443", "/", "", "", "api.example.org"},
      {"HTTP://Example.org:80/", "http", "Example.org", "80", "/", "", "", "Example.org"},
      {"https://a:80", "https", "a", "80", "/", "", "", "a:80"},
      {"http://[::1]:8080?x", "http", "::1", "8080", "/?x", "", "", "[::1]:8080"},
      {"http://[2001:db8::1]/", "http", "2001:db8::1", "80", "/", "", "", "[2001:db8::1]"},
      {"http://[::ffff:192.0.2.1]/", "http", "::ffff:192.0.2.1", "80", "/", "", "", "[::ffff:192.0.2.1]"},
      {"http://192.0.2.1/", "http", "192.0.2.1", "80", "/", "", "", "192.0.2.1"},
      {"http://a_b-c.d/", "http", "a_b-c.d", "80", "/", "", "", "a_b-c.d"},
      {"http://xn--mller-kva.example/", "http", "xn--mller-kva.example", "80", "/", "", "",
       "xn--mller-kva.example"},
      {"https://user:secret@a:1/", "https", "a", "1", "/", "user", "secret", "a:1"},
      {"https://user@a/", "https", "a", "443", "/", "user", "", "a"},
      {"https://u%40x:p%3A%2F@a/", "https", "a", "443", "/", "u@x", "p:/", "a"},
      {"https://u:50%@a/", "https", "a", "443", "/", "u", "50%", "a"},
      {"https://ü:ä:b@a/", "https", "a", "443", "/", "ü", "ä:b", "a"},
      {"https://u:p@[::1]:2/x", "https", "::1", "2", "/x", "u", "p", "[::1]:2"},
      {"https://a/größe/漢?wo=Köln", "https", "a", "443", "/gr%C3%B6%C3%9Fe/%E6%BC%A2?wo=K%C3%B6ln", "", "",
       "a"},
      {"https://a/b%2Fc%C3%B6", "https", "a", "443", "/b%2Fc%C3%B6", "", "", "a"},
      {"https://a/100%", "https", "a", "443", "/100%25", "", "", "a"},
      {"https://a/%zz", "https", "a", "443", "/%25zz", "", "", "a"},
      {"https://a/x?y[]=1|2\"{}^`<>\\", "https", "a", "443", "/x?y%5B%5D=1%7C2%22%7B%7D%5E%60%3C%3E%5C", "",
       "", "a"},
      {"https://a/@b@c:d", "https", "a", "443", "/@b@c:d", "", "", "a"},
      {"https://a?b@c/d", "https", "a", "443", "/?b@c/d", "", "", "a"},
      {"https://a//b/../c", "https", "a", "443", "//b/../c", "", "", "a"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto url = parse_url(row.text);
    if (!url) FAIL_CHECK(url.error());
    if (!url) continue;
    CHECK(url->scheme == row.scheme);
    CHECK(url->host == row.host);
    CHECK(url->port == row.port);
    CHECK(url->target == row.target);
    CHECK(url->user == row.user);
    CHECK(url->password == row.password);
    CHECK(url->authority() == row.authority);
    const auto again = parse_url(url->plain());
    REQUIRE(again);
    CHECK(again->plain() == url->plain());
    CHECK(again->target == url->target);
    CHECK(again->host == url->host);
  }
}

TEST_CASE("what is no URL that can be asked is refused, with the reason") {
  const std::pair<std::string, std::string> rows[]{
      {"", "begins with http"},
      {"example.com", "begins with http"},
      {"ftp://example.com/", "begins with http"},
      {"file:///etc/passwd", "begins with http"},
      {"http:/a", "begins with http"},
      {"http://", "a host name follows"},
      {"http:///path", "a host name follows"},
      {"http://:80/", "a host name follows"},
      {"http://-a/", "a host name follows"},
      {"http://a!b/", "a host name follows"},
      {"http://%41/", "a host name follows"},
      {"http://a\\@b/", "before the @"},
      {"http://good\\.evil/", "a host name follows"},
      {"http://a b/", "no spaces"},
      {"http://a/b c", "no spaces"},
      {"http://a\n/", "no spaces"},
      {"http://a/b\r\nX: y", "no spaces"},
      {std::string("http://a/\0", 10), "no spaces"},
      {"http://a/\x7f", "no spaces"},
      {"http://a:0/", "from 1 to 65535"},
      {"http://a:65536/", "from 1 to 65535"},
      {"http://a:99999/", "from 1 to 65535"},
      {"http://a:000080/", "from 1 to 65535"},
      {"http://a:/", "from 1 to 65535"},
      {"http://a:80x/", "from 1 to 65535"},
      {"http://a:-1/", "from 1 to 65535"},
      {"http://[::1]80/", "a"},
      {"http://[::1/", ""},
      {"http://[x]/", ""},
      {"http://[v1.x]/", "IPv6"},
      {"http://[::1%25eth0]/", ""},
      {"http://::1/", ""},
      {"http://@a/", "before the @"},
      {"http://:p@a/", "before the @"},
      {"http://a@b@c/", "before the @"},
      {"http://müller.example/", "xn--…  (idn2 müller.example prints it)"},
      {"http://u@müller.example:80/x", "xn--…  (idn2 müller.example prints it)"},
      {"http://\xff/", "not ASCII"},
  };
  for (const auto& [text, why] : rows) {
    CAPTURE(text);
    const auto url = parse_url(text);
    if (url) FAIL_CHECK(url->plain());
    if (!url) CHECK(url.error().contains(why));
  }
}

TEST_CASE("a user is shown, a password never") {
  CHECK(parse_url("https://ops:secret@a:1/x")->shown() == "https://ops:***@a:1/x");
  CHECK(parse_url("https://ops:secret@a:1/x")->plain() == "https://a:1/x");
  CHECK(parse_url("https://a")->shown() == "https://a/");
}

TEST_CASE("a reference is resolved against the URL that was asked") {
  const Url base = *parse_url("https://ops:secret@a.example:8443/x/y?z=1");
  const std::pair<std::string, std::string> rows[]{
      {"/", "https://a.example:8443/"},
      {"/b?c#d", "https://a.example:8443/b?c"},
      {"b", "https://a.example:8443/x/b"},
      {"../b", "https://a.example:8443/b"},
      {"./b/./c", "https://a.example:8443/x/b/c"},
      {"?q=2", "https://a.example:8443/x/y?q=2"},
      {"//b.example/c", "https://b.example/c"},
      {"http://b.example", "http://b.example/"},
      {"HTTPS://u:p@b.example/c", "https://b.example/c"},
      {"/größe", "https://a.example:8443/gr%C3%B6%C3%9Fe"},
      {"", ""},
      {"ftp://b/", ""},
      {"javascript:alert(1)", ""},
      {"//müller.example/", ""},
      {"http://b:0/", ""},
      {"//b@c@d/", ""},
      {"/a b", ""},
      {"/a\x1b[2J", ""},
  };
  for (const auto& [reference, leads_to] : rows) {
    CAPTURE(reference);
    const auto url = resolved(base, reference);
    CHECK((url ? url->plain() : "") == leads_to);
    if (url) CHECK(url->user.empty());
    if (url) CHECK(url->password.empty());
  }
}

TEST_CASE("servers are compared by host and port") {
  const auto same = [](const char* one, const char* other) {
    return same_server(*parse_url(one), *parse_url(other));
  };
  CHECK(same("http://A.example/x", "http://a.EXAMPLE:80/y"));
  CHECK(same("http://a:443", "https://a"));
  CHECK_FALSE(same("http://a", "https://a"));
  CHECK_FALSE(same("http://a", "http://b"));
}
