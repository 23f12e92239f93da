#include "drivers/smtp.hpp"

#include <mutex>

#include <doctest/doctest.h>
#include <sys/socket.h>

#include "base/base64.hpp"
#include "local_server.hpp"

using namespace belay;
using namespace belay::testing;
using namespace std::chrono_literals;

TEST_CASE("a line that begins with a dot gets another one, and the end is a dot of its own") {
  CHECK(smtp::dot_stuffed("a\r\n") == "a\r\n.\r\n");
  CHECK(smtp::dot_stuffed(".\r\n..b\r\nc.d\r\n") == "..\r\n...b\r\nc.d\r\n.\r\n");
  CHECK(smtp::dot_stuffed("no end") == "no end\r\n.\r\n");
  CHECK(smtp::dot_stuffed("") == ".\r\n");
}

namespace {

/// Says each line of a script after what the client said; what it read stays.
class MailServer {
 public:
  explicit MailServer(std::vector<std::string> script)
      : script_(std::move(script)), server_([this](const LocalServer::Peer& peer) { serve(peer); }) {}

  MailTarget target() const {
    return {.server = "127.0.0.1",
            .port = server_.port(),
            .tls = MailTarget::Tls::none,
            .from = "belay@example.com",
            .to = {"a@x.example", "b@y.example"}};
  }
  std::string read() {
    const std::scoped_lock lock(mutex_);
    return read_;
  }

 private:
  void serve(const LocalServer::Peer& peer) {
    for (const auto& line : script_) {
      if (!peer.say(line + "\r\n")) return;
      std::string part(4096, '\0');
      const auto got = ::recv(peer.fd(), part.data(), part.size(), 0);
      if (got <= 0) return;
      const std::scoped_lock lock(mutex_);
      read_ += part.substr(0, static_cast<std::size_t>(got));
    }
    peer.hold();
  }

  std::vector<std::string> script_;
  std::mutex mutex_;
  std::string read_;
  LocalServer server_;
};

smtp::Delivery sent(const MailTarget& target) {
  return smtp::send(target, "Subject: x\r\n\r\n.dot\r\n", {}, Deadline::in(2s));
}

}  // namespace

TEST_CASE("a message is handed over, line by line of the protocol") {
  MailServer server(
      {"220 hello", "250-me\r\n250 SIZE", "250 ok", "250 ok", "250 ok", "354 go", "250 queued as 7"});
  const auto delivery = sent(server.target());
  CHECK(delivery.ok);
  CHECK(delivery.answer == "answered 250 queued as 7");
  CHECK(
      server.read().starts_with("EHLO [127.0.0.1]\r\nMAIL FROM:<belay@example.com>\r\nRCPT "
                                "TO:<a@x.example>\r\nRCPT TO:<b@y.example>\r\nDATA\r\n"
                                "Subject: x\r\n\r\n..dot\r\n.\r\n"));
}

TEST_CASE("a login is PLAIN, or LOGIN where the server knows no other; or there is no mail") {
  auto with_login = [](MailTarget target) {
    target.user = "anna";
    target.password = "secret";
    return target;
  };
  MailServer plain({"220 hello", "250-me\r\n250 AUTH LOGIN PLAIN", "235 welcome", "250 ok", "250 ok",
                    "250 ok", "354 go", "250 queued"});
  CHECK(sent(with_login(plain.target())).ok);
  CHECK(plain.read().contains("AUTH PLAIN " + base64_encoded(std::string("\0anna\0secret", 12)) + "\r\n"));
  MailServer login({"220 hello", "250-me\r\n250 AUTH LOGIN", "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6",
                    "235 welcome", "250 ok", "250 ok", "250 ok", "354 go", "250 queued"});
  CHECK(sent(with_login(login.target())).ok);
  CHECK(login.read().contains("AUTH LOGIN\r\n" + base64_encoded("anna") + "\r\n" + base64_encoded("secret") +
                              "\r\n"));
  MailServer neither({"220 hello", "250 me"});
  CHECK(sent(with_login(neither.target())).answer.contains("neither AUTH PLAIN nor AUTH LOGIN"));
}

TEST_CASE("where TLS is wanted, nothing is said without it") {
  MailServer server({"220 hello", "250-me\r\n250 AUTH PLAIN"});
  auto target = server.target();
  target.tls = MailTarget::Tls::starttls;
  target.user = "anna";
  target.password = "secret";
  const auto delivery = sent(target);
  CHECK_FALSE(delivery.ok);
  CHECK_FALSE(delivery.again);
  CHECK(delivery.answer == "the server offers no STARTTLS");
  CHECK(server.read() == "EHLO [127.0.0.1]\r\n");
  MailServer injected({"220 hello", "250-me\r\n250 STARTTLS", "220 go\r\n250 injected"});
  target = injected.target();
  target.tls = MailTarget::Tls::starttls;
  CHECK(sent(target).answer == "the server spoke before TLS began");
}

TEST_CASE("what a server says against it is told; whether it may work later goes by its number") {
  MailServer busy({"421 too busy"});
  const auto later = sent(busy.target());
  CHECK(later.again);
  CHECK(later.answer == "answered 421 too busy");
  MailServer refuses({"220 hello", "250 me", "250 ok", "550-no such\r\n550 user a"});
  const auto never = sent(refuses.target());
  CHECK_FALSE(never.again);
  CHECK(never.answer == "answered 550 user a");
  MailServer other({"HTTP/1.1 400 Bad Request"});
  CHECK(sent(other.target()).answer == "what answers does not speak SMTP");
  const ReservedPort refused;
  CHECK(sent({.server = "127.0.0.1",
              .port = refused.number(),
              .tls = MailTarget::Tls::none,
              .from = "a@b.example"})
            .answer == "connection refused");
}
