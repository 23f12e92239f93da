#include "drivers/smtp.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/core.h>

#include "base/base64.hpp"
#include "drivers/byte_stream.hpp"
#include "drivers/tcp_connect.hpp"
#include "drivers/tls_stream.hpp"
#include "model/visible_text.hpp"

namespace belay::smtp {
namespace {

struct Reply {
  int code = 0;
  std::vector<std::string> lines;  // without the code

  bool is(int kind) const { return code / 100 == kind; }
  std::string shown() const {
    return fmt::format("{} {}", code, lines.empty() ? "" : visible_text(lines.back(), 200));
  }
};

/// Ends the exchange.
struct Failure {
  Delivery delivery;
};

/// One connection to a server, from the greeting on.
class Conversation {
 public:
  Conversation(const MailTarget& server, const Limits& limits) : server_(server), limits_(limits) {}

  std::string deliver(const std::string& message) {
    connect();
    if (!server_.user.empty()) log_in();
    expect(command(fmt::format("MAIL FROM:<{}>", server_.from)), 2);
    for (const auto& one : server_.to) expect(command(fmt::format("RCPT TO:<{}>", one)), 2);
    expect(command("DATA"), 3);
    write(dot_stuffed(message));
    const auto taken = expect(reply(), 2);
    // The message is taken, whatever becomes of the good-bye: sent again, it would arrive twice.
    static_cast<void>(stream_->write("QUIT\r\n"));
    return taken.shown();
  }

 private:
  [[noreturn]] static void fail(std::string why, bool again) {
    throw Failure{{.ok = false, .again = again, .answer = std::move(why)}};
  }

  static void require(const Io& io) {
    switch (io.status) {
      case Io::Status::done:
        return;
      case Io::Status::deadline:
        fail("no answer in time", true);
      case Io::Status::stopped:
        fail("cancelled", false);
      case Io::Status::end:
        fail("the server closed the connection", true);
      case Io::Status::failed:
        break;
    }
    fail(io.why, true);
  }

  void connect() {
    Fd socket;
    require(connect_tcp(server_.server, std::to_string(server_.port), limits_, socket));
    if (server_.tls == MailTarget::Tls::tls) {
      begin_tls(std::move(socket));
      expect(reply(), 2);
      return hello();
    }
    auto plain = std::make_unique<SocketStream>(std::move(socket), limits_);
    auto* const connected = plain.get();
    stream_ = std::move(plain);
    expect(reply(), 2);
    hello();
    if (server_.tls == MailTarget::Tls::none) return;
    if (!offers("STARTTLS")) fail("the server offers no STARTTLS", false);
    expect(command("STARTTLS"), 2);
    // What stands here already came in clear, from whoever is in between.
    if (!received_.empty()) fail("the server spoke before TLS began", false);
    begin_tls(connected->release());
    hello();
  }

  void begin_tls(Fd socket) {
    auto tls = std::make_unique<TlsStream>(std::move(socket), limits_);
    const Io opened = tls->open(server_.server);
    stream_ = std::move(tls);
    if (opened.status == Io::Status::failed) fail("TLS: " + opened.why, false);
    require(opened);
  }

  void hello() {
    extensions_ = expect(command("EHLO [127.0.0.1]"), 2).lines;
    for (auto& line : extensions_)
      std::ranges::transform(line, line.begin(),
                             [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  }

  bool offers(std::string_view extension) const {
    return std::ranges::any_of(extensions_, [&](const std::string& line) {
      return line == extension || line.starts_with(std::string(extension) + ' ');
    });
  }

  bool takes_login(std::string_view mechanism) const {
    return std::ranges::any_of(extensions_, [&](const std::string& line) {
      return line.starts_with("AUTH") &&
             (" " + line.substr(4) + " ").contains(fmt::format(" {} ", mechanism));
    });
  }

  void log_in() {
    using namespace std::string_literals;
    if (takes_login("PLAIN")) {
      expect(command("AUTH PLAIN " + base64_encoded("\0"s + server_.user + "\0"s + password())), 2);
    } else if (takes_login("LOGIN")) {
      expect(command("AUTH LOGIN"), 3);
      expect(command(base64_encoded(server_.user)), 3);
      expect(command(base64_encoded(password())), 2);
    } else {
      fail("the server takes neither AUTH PLAIN nor AUTH LOGIN", false);
    }
  }

  std::string password() const { return server_.password.value_or(""); }

  Reply command(const std::string& line) {
    write(line + "\r\n");
    return reply();
  }

  static Reply expect(Reply reply, int kind) {
    if (!reply.is(kind)) fail("answered " + reply.shown(), reply.is(4));
    return reply;
  }

  void write(const std::string& bytes) { require(stream_->write(bytes)); }

  Reply reply() {
    constexpr std::size_t most_lines = 100;
    Reply reply;
    while (reply.lines.size() < most_lines) {
      const auto line = next_line();
      const bool numbered = line.size() >= 3 && std::ranges::all_of(line.substr(0, 3), [](char c) {
                              return c >= '0' && c <= '9';
                            });
      if (!numbered) fail("what answers does not speak SMTP", false);
      reply.code = std::stoi(line.substr(0, 3));
      reply.lines.push_back(line.size() > 4 ? line.substr(4) : "");
      if (line.size() == 3 || line[3] != '-') return reply;
    }
    fail("what answers does not end its answer", false);
  }

  std::string next_line() {
    constexpr std::size_t most_bytes = 4096;
    std::size_t end = 0;
    while ((end = received_.find('\n')) == std::string::npos) {
      if (received_.size() > most_bytes) fail("what answers does not speak SMTP", false);
      std::array<char, 1024> part{};
      const Io read = stream_->read(part.data(), part.size());
      require(read);
      received_.append(part.data(), read.bytes);
    }
    std::string line = received_.substr(0, end);
    received_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    return line;
  }

  const MailTarget& server_;
  const Limits& limits_;
  std::unique_ptr<ByteStream> stream_;
  std::string received_;
  std::vector<std::string> extensions_;
};

}  // namespace

std::string dot_stuffed(const std::string& message) {
  std::string stuffed;
  bool line_begins = true;
  for (const char c : message) {
    if (line_begins && c == '.') stuffed += '.';
    stuffed += c;
    line_begins = c == '\n';
  }
  if (!line_begins) stuffed += "\r\n";
  return stuffed + ".\r\n";
}

Delivery send(const MailTarget& server, const std::string& message, std::stop_token stop, Deadline deadline) {
  const Limits limits(std::move(stop), deadline);
  try {
    return {
        .ok = true, .again = false, .answer = "answered " + Conversation(server, limits).deliver(message)};
  } catch (const Failure& failure) {
    return failure.delivery;
  }
}

}  // namespace belay::smtp
