#include "model/config_values.hpp"

#include <doctest/doctest.h>

using namespace belay;
using namespace std::chrono_literals;

TEST_CASE("durations are numbers with units, from large to small") {
  CHECK(duration_value("500ms") == 500ms);
  CHECK(duration_value("5s") == 5s);
  CHECK(duration_value("2m") == 2min);
  CHECK(duration_value("1h30m") == 90min);
  CHECK(duration_value("1d2h3m4s5ms") == 26h + 3min + 4s + 5ms);
  CHECK(duration_value("0s") == 0s);
}

TEST_CASE("what is no duration is refused") {
  for (const char* text : {"", "5", "s", "5 s", "-5s", "5s 2m", "1m1h", "5s5s", "1.5s", "5S",
                           "99999999999999999999s", "5sx", "+5s", "366d", "9223372036854775807s"}) {
    CAPTURE(text);
    CHECK_FALSE(duration_value(text));
  }
}

TEST_CASE("a shown duration reads back as itself") {
  for (const auto duration : {0ms, 1ms, 999ms, 1000ms, 90061001ms, 1800000ms})
    CHECK(duration_value(shown_duration(duration)) == duration);
  CHECK(shown_duration(90min) == "1h30m");
}

TEST_CASE("booleans are true, false and YAML 1.1's other words for them") {
  for (const char* text : {"true", "yes", "on", "True", "ON"}) CHECK(boolean_value(text) == true);
  for (const char* text : {"false", "no", "off", "No"}) CHECK(boolean_value(text) == false);
  for (const char* text : {"", "1", "0", "y", "truee"}) CHECK(boolean_value(text) == std::nullopt);
}

TEST_CASE("a host is local, user@host with or without a port, or an alias of ssh's") {
  CHECK(host_value("local")->local);
  const auto full = host_value("deploy@vps.example.com:2222");
  REQUIRE(full);
  CHECK(full->destination == "deploy@vps.example.com");
  CHECK(full->port == 2222);
  CHECK(full->shown == "deploy@vps.example.com:2222");
  CHECK_FALSE(full->local);
  CHECK(host_value("my-alias")->destination == "my-alias");
  CHECK(host_value("root@[2001:db8::1]:22")->destination == "root@2001:db8::1");
  CHECK(host_value("root@[2001:db8::1]:22")->port == 22);
  CHECK(host_value("root@2001:db8::1")->port == std::nullopt);
}

TEST_CASE("a host that ssh or a shell could take for something else is refused") {
  for (const char* text :
       {"",      "-oProxyCommand=x", "root@-x", "-l@host", "a b",   "a\nb",       "host:0",     "host:65536",
        "host:", "host:22x",         "@host",   "root@",   "a@b@c", "ssh://host", "$(id)@host", "host;id",
        "`id`",  "root@ho'st",       "[::1",    "[]",      "ho|st", "host:+22"}) {
    CAPTURE(text);
    CHECK_FALSE(host_value(text));
  }
}

TEST_CASE("a host key is SHA256: and 43 characters of base64") {
  const std::string key = "SHA256:uNiVztksCsDhcc0u9e8BrrJXbXzEMWJKj1vpqbF1k0M";
  CHECK(host_key_value(key) == key);
  CHECK_FALSE(host_key_value(key + "="));
  CHECK_FALSE(host_key_value(key.substr(0, key.size() - 1)));
  CHECK_FALSE(host_key_value("MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48"));
  CHECK_FALSE(host_key_value("SHA256:uNiVztksCsDhcc0u9e8BrrJXbXzEMWJKj1vpqbF1k0!"));
}

TEST_CASE("a URL is http or https, with a host") {
  for (const char* text : {"http://localhost:3002/api/health", "https://example.com",
                           "https://[::1]:8443/x?y=z", "http://[::1]", "https://a.b-c.example.com/ä"}) {
    CAPTURE(text);
    CHECK(url_value(text) == std::string(text));
  }
  for (const char* text :
       {"", "example.com", "ftp://example.com", "http://", "https:///path", "http://a b/", "http://a:0/",
        "http://a:99999", "http://a:b", "http://-a/", "http://a\n/", "http://[x]/"}) {
    CAPTURE(text);
    CHECK_FALSE(url_value(text));
  }
}

TEST_CASE("names are what Docker, compose and PostgreSQL take, and never an option") {
  CHECK(app_name_value("crm-backend_2"));
  CHECK(environment_name_value("staging-2"));
  CHECK(service_name_value("Back_end.1"));
  CHECK(container_name_value("crm-postgres"));
  CHECK(database_name_value("crm_whatsapp_saas"));
  for (const char* text : {"", "-x", "a b", "a/b", "a;b", "ü"}) {
    CAPTURE(text);
    CHECK_FALSE(app_name_value(text));
    CHECK_FALSE(environment_name_value(text));
    CHECK_FALSE(service_name_value(text));
    CHECK_FALSE(container_name_value(text));
    CHECK_FALSE(database_name_value(text));
  }
  CHECK_FALSE(app_name_value("Crm"));
  CHECK_FALSE(environment_name_value("a_b"));
  CHECK_FALSE(container_name_value("x"));
  CHECK_FALSE(database_name_value("host=evil"));
  CHECK_FALSE(app_name_value(std::string(64, 'a')));
}

TEST_CASE("the live directory is absolute, normal and never the root") {
  CHECK(absolute_path_value("/root/deploy-backend/") == "/root/deploy-backend");
  CHECK(absolute_path_value("//srv/./app//x") == "/srv/app/x");
  for (const char* text : {"", "/", "//", "/.", "srv", "./srv", "/srv/..", "/a/../..", "/a\nb"}) {
    CAPTURE(text);
    CHECK_FALSE(absolute_path_value(text));
  }
}

TEST_CASE("a relative path stays inside") {
  CHECK(relative_path_value("deploy/compose.yml") == "deploy/compose.yml");
  CHECK(relative_path_value("./deploy/") == "deploy");
  CHECK(relative_path_value(".") == ".");
  for (const char* text : {"", "/etc/compose.yml", "..", "a/../../b", "a\tb"}) {
    CAPTURE(text);
    CHECK_FALSE(relative_path_value(text));
  }
}

TEST_CASE("the edge's image is an image, or the default") {
  CHECK(edge_image_value("on") == "");
  CHECK(edge_image_value("registry.example.com:5000/haproxy@sha256:0f") ==
        "registry.example.com:5000/haproxy@sha256:0f");
  CHECK_FALSE(edge_image_value("off"));
  CHECK_FALSE(edge_image_value("haproxy; rm -rf /"));
}

TEST_CASE("an address is one, or a network of them") {
  for (const char* text : {"10.0.0.5", "10.0.0.0/8", "fd00::1", "fd00::/64", "0.0.0.0/0"})
    CHECK(network_value(text) == text);
  for (const char* text : {"", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "fd00::/129", "host", "1.2.3.4/-1",
                           "10.0.0.5 } or { always_true"}) {
    CAPTURE(text);
    CHECK_FALSE(network_value(text));
  }
}

TEST_CASE("shares and thresholds are written as people say them") {
  CHECK(share_value("5%") == "5");
  CHECK(share_value("100%") == "100");
  for (const char* text : {"0%", "101%", "5", "%", "-5%", "5.5%"}) CHECK_FALSE(share_value(text));
  CHECK(more_than_percent_value(">1%") == 100);
  CHECK(more_than_percent_value("> 0.25%") == 25);
  for (const char* text : {"1%", ">1", ">0%", ">1.%", ">1.234%", ">101%", ">-1%", ">1.5.2%"})
    CHECK_FALSE(more_than_percent_value(text));
  CHECK(more_than_times_value(">2x") == 200);
  CHECK(more_than_times_value(">1.5x") == 150);
  for (const char* text : {">0.5x", "2x", ">2", ">x"}) CHECK_FALSE(more_than_times_value(text));
}
