#include "drivers/http_message.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/files.hpp"

using namespace belay;

namespace {

/// Hands over `beginning`, then `endless` again and again, so many bytes at a time; counts them.
class Bytes : public ByteStream {
 public:
  Bytes(std::string beginning, std::string endless = {}, std::size_t piece = 1u << 20)
      : rest_(std::move(beginning)), endless_(std::move(endless)), piece_(piece) {}
  Io read(char* into, std::size_t size) override {
    // What is read without a bound ends here, and the test with it.
    REQUIRE(handed_over < (64u << 20));
    while (!endless_.empty() && rest_.size() < size) rest_ += endless_;
    if (rest_.empty()) return {Io::Status::end};
    const std::size_t count = std::min({size, piece_, rest_.size()});
    std::memcpy(into, rest_.data(), count);
    rest_.erase(0, count);
    handed_over += count;
    return {Io::Status::done, count};
  }
  Io write(std::string_view) override { return {}; }
  std::size_t handed_over = 0;

 private:
  std::string rest_, endless_;
  std::size_t piece_;
};

/// "200 hello", "200 hel, then: the answer broke off", or why there is no head.
std::string read_from(Bytes& stream) {
  http::ResponseReader reader(stream);
  http::Head head;
  if (const Io read = reader.read_head(head); !read.ok()) return read.why;
  std::string text = std::to_string(head.status) + " ";
  const Io read = reader.read_body([&](std::string_view bytes) {
    text += bytes;
    return true;
  });
  return read.ok() ? text : text + ", then: " + read.why;
}

std::string answer(const std::string& headers, const std::string& body) {
  return "HTTP/1.1 200 OK\r\n" + headers + "\r\n" + body;
}
std::string chunked(const std::string& body) {
  return answer("Transfer-Encoding: chunked\r\n", body);
}

}  // namespace

TEST_CASE("an answer reads the same however its bytes arrive") {
  struct Row {
    std::string name, bytes, read;
  };
  const std::string off = ", then: the answer broke off", bad = ", then: not an HTTP answer: ";
  const std::vector<Row> rows{
      {"length", answer("Content-Length: 5\r\n", "hello, and more"), "200 hello"},
      {"no length", answer("", "hello"), "200 hello"},
      {"nothing", answer("Content-Length: 0\r\n", ""), "200 "},
      {"204", "HTTP/1.1 204 No Content\r\n\r\nx", "204 "},
      {"304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304 "},
      {"101", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "101 "},
      {"interim", "HTTP/1.1 100 Continue\r\n\r\n" + answer("Content-Length: 2\r\n", "ok"), "200 ok"},
      {"chunks", chunked("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"), "200 hello!"},
      {"digits", chunked("0005\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n"), "200 hello0123456789"},
      {"extensions", chunked("5;a=b;c=\"d e\"\r\nhello\r\n0 ;x\r\n\r\n"), "200 hello"},
      {"trailers", chunked("5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n"), "200 hello"},
      {"a head with LF alone", "HTTP/1.0 200 OK\nContent-Length: 2\n\nok", "200 ok"},
      {"both ends of lines", "HTTP/1.0 200 OK\r\nContent-type: text/plain\n\nok\n", "200 ok\n"},
      {"interim with LF alone", "HTTP/1.1 103 Hints\nLink: a\n\n" + answer("Content-Length: 2\r\n", "ok"),
       "200 ok"},
      {"no reason", "HTTP/1.1 204\r\n\r\n", "204 "},
      {"no reason, LF alone", "HTTP/1.1 503\nContent-Length: 0\n\n", "503 "},
      {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "not an HTTP answer: bad version"},
      {"short", answer("Content-Length: 5\r\n", "hel"), "200 hel" + off},
      {"chunk that breaks off", chunked("5\r\nhel"), "200 hel" + off},
      {"no last chunk", chunked("5\r\nhello\r\n"), "200 hello" + off},
      {"no empty line at the end", chunked("5\r\nhello\r\n0\r\n"), "200 hello" + off},
      {"trailer that breaks off", chunked("0\r\nA: b"), "200 " + off},
      {"no size", chunked("\r\nhello\r\n0\r\n\r\n"), "200 " + bad + "a chunk has no size"},
      {"a byte that is no digit", chunked("\xc2;a=b\r\nhello\r\n"), "200 " + bad + "a chunk has no size"},
      {"a letter in the size", chunked("5g\r\nhello\r\n"), "200 " + bad + "a chunk's size is no number"},
      {"a sign", chunked("-5\r\nhello\r\n"), "200 " + bad + "a chunk has no size"},
      {"0x", chunked("0x5\r\nhello\r\n"), "200 " + bad + "a chunk's size is no number"},
      {"too large", chunked("ffffffffffffffff\r\nx"), "200 " + bad + "a chunk's size is too long"},
      {"many zeros", chunked(std::string(100, '0') + "\r\n"), "200 " + bad + "a chunk's size is too long"},
      {"LF alone", chunked("5\nhello\n"), "200 " + bad + "a chunk's size is no number"},
      {"LF in an extension", chunked("5;a\nhello\r\n"),
       "200 " + bad + "a control character stands between the chunks"},
      {"CR alone", chunked("5\rhello"), "200 " + bad + "a line between the chunks does not end as it should"},
      {"more than its size", chunked("2\r\nhello\r\n0\r\n\r\n"),
       "200 he" + bad + "a line between the chunks does not end as it should"},
      {"NUL in a trailer", chunked(std::string("0\r\nA\0\r\n\r\n", 9)),
       "200 " + bad + "a control character stands between the chunks"},
      {"nothing at all", "", "the connection was closed without an answer"},
      {"half a head", "HTTP/1.1 200 OK\r\nA: b\r\n", "the answer broke off"},
      {"half a head behind an interim one", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2",
       "the answer broke off"},
  };
  for (const auto& [name, bytes, read] : rows) {
    CAPTURE(name);
    for (const std::size_t piece : {1u << 20, 7u, 2u, 1u}) {
      CAPTURE(piece);
      Bytes stream(bytes, {}, piece);
      CHECK(read_from(stream) == read);
    }
  }
}

TEST_CASE("whatever never ends is given up after a bounded number of bytes") {
  struct Row {
    std::string name, beginning, endless, read;
    std::size_t most;  // bytes that may have been read by then
  };
  const std::string bad = "not an HTTP answer: ";
  const std::vector<Row> rows{
      {"first line", "HTTP/1.1 200 ", "x", bad, 100'000},
      {"version", "HTTP", "P", bad, 100'000},
      {"header's name", "HTTP/1.1 200 OK\r\n", "x", bad, 100'000},
      {"header's value", "HTTP/1.1 200 OK\r\nA: ", "x", bad, 100'000},
      {"folded header", "HTTP/1.1 200 OK\r\nA: b", "\r\n x", bad, 100'000},
      {"headers", "HTTP/1.1 200 OK\r\n", "A: b\r\n", bad, 100'000},
      {"interim answers", "", "HTTP/1.1 100 Continue\r\n\r\n", bad + "interim answers without an end",
       100'000},
      {"large interim answers", "", "HTTP/1.1 103 Early\r\nA: " + std::string(50'000, 'x') + "\r\n\r\n",
       bad + "interim answers without an end", 1'000'000},
      {"chunk's size", chunked(""), "0", "200 , then: " + bad + "a chunk's size is too long", 100'000},
      {"chunk's extension", chunked("5;"), "x",
       "200 , then: " + bad + "what stands between the chunks is too long", 200'000},
      {"space behind the size", chunked("5"), " ",
       "200 , then: " + bad + "what stands between the chunks is too long", 200'000},
      {"extensions of many chunks", chunked(""), "1;" + std::string(1000, 'x') + "\r\n.\r\n",
       "200 ................................................................., then: " + bad +
           "what stands between the chunks is too long",
       200'000},
      {"trailer", chunked("0\r\nA: "), "x",
       "200 , then: " + bad + "what stands between the chunks is too long", 200'000},
      {"trailers", chunked("0\r\n"), "A: b\r\n",
       "200 , then: " + bad + "what stands between the chunks is too long", 200'000},
  };
  for (const auto& [name, beginning, endless, read, most] : rows) {
    CAPTURE(name);
    Bytes stream(beginning, endless);
    CHECK(read_from(stream).starts_with(read));
    CHECK(stream.handed_over <= most);
  }
}

TEST_CASE("the fuzzer's corpus reads the same however its bytes arrive") {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(TEST_DATA) / "http")) {
    CAPTURE(entry.path().string());
    const std::string bytes = read_file(entry.path());
    Bytes whole(bytes), drip(bytes, {}, 1);
    CHECK(read_from(whole) == read_from(drip));
    ++files;
  }
  CHECK(files >= 5);
}
