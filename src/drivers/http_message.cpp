#include "drivers/http_message.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/impl/error.ipp>

namespace belay::http {
namespace {

namespace beast = boost::beast;
using beast::string_view;

std::string lower(string_view text) {
  std::string copy(text.data(), text.size());
  std::ranges::transform(copy, copy.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return copy;
}

}  // namespace

namespace {

constexpr std::uint32_t longest_head = 64 * 1024;

}  // namespace

/// Beast's parser, as far as the end of the head.
struct ResponseReader::Parser : beast::http::basic_parser<false> {
  Head head{};

  Parser() {
    body_limit(boost::none);
    header_limit(longest_head);
    eager(false);
  }

 private:
  using error_code = beast::error_code;
  void on_request_impl(beast::http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int code, string_view, int, error_code&) override { head.status = code; }
  void on_field_impl(beast::http::field, string_view name, string_view value, error_code&) override {
    head.headers[lower(name)] = std::string(value.data(), value.size());
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}
};

namespace {

constexpr int most_interim = 10;

/// As the parser takes it. Some servers end a line with LF alone, as many a CGI script does, or leave out the
/// space before a reason that is empty; browsers and proxies read both (RFC 9112, 2.2).
std::string strict_line(std::string line, bool is_status_line) {
  constexpr std::string_view status_without_reason = "HTTP/1.1 200";
  if (line.ends_with('\r')) line.pop_back();
  if (is_status_line && line.size() == status_without_reason.size()) line += ' ';
  return line + "\r\n";
}

Io no_http(const std::string& why) {
  return Io::failed(std::string(not_http) + ": " + why);
}

Body body_after(const beast::http::basic_parser<false>& parser, int status) {
  if (status / 100 == 1 || status == 204 || status == 304) return Body::none();
  if (parser.chunked()) return Body::in_chunks();
  const auto length = parser.content_length();
  return length ? Body::of_length(*length) : Body::until_end();
}

}  // namespace

ResponseReader::ResponseReader(ByteStream& stream) : stream_(stream), parser_(std::make_unique<Parser>()) {}
ResponseReader::~ResponseReader() = default;

Io ResponseReader::more() {
  std::array<char, 16384> buffer;
  Io got = stream_.read(buffer.data(), buffer.size());
  if (got.ok()) unparsed_.append(buffer.data(), got.bytes);
  return got;
}

/// One head, line by line; reads on only if what is there was not enough.
Io ResponseReader::read_one_head() {
  parser_ = std::make_unique<Parser>();
  std::string lines;
  std::size_t taken = 0;
  bool begun = false;
  while (!parser_->is_header_done()) {
    const auto end = unparsed_.find('\n');
    if (end != std::string::npos) {
      lines += strict_line(unparsed_.substr(0, end), taken == 0);
      taken += end + 1;
      unparsed_.erase(0, end + 1);
    }
    begun = begun || taken > 0 || !unparsed_.empty();
    beast::error_code error;
    if (!lines.empty()) lines.erase(0, parser_->put(boost::asio::buffer(lines), error));
    if (error && error != beast::http::error::need_more) return no_http(error.message());
    if (taken + unparsed_.size() > longest_head && !parser_->is_header_done())
      return no_http("header limit exceeded");
    if (end != std::string::npos) continue;
    Io got = more();
    if (got.status == Io::Status::end)
      return Io::failed(begun ? "the answer broke off" : "the connection was closed without an answer");
    if (!got.ok()) return got;
  }
  return {};
}

Io ResponseReader::read_head(Head& head) {
  for (int interim = 0; interim <= most_interim; ++interim) {
    if (Io got = read_one_head(); !got.ok()) return got;
    const int status = parser_->head.status;
    if (status / 100 == 1 && status != 101) continue;
    body_ = body_after(*parser_, status);
    head = std::move(parser_->head);
    return {};
  }
  return no_http("interim answers without an end");
}

Io ResponseReader::read_body(const std::function<bool(std::string_view)>& on_bytes) {
  while (true) {
    std::string_view rest = unparsed_;
    while (!rest.empty() && !body_.is_done() && body_.problem().empty()) {
      const std::string_view piece = body_.next(rest);
      if (piece.empty() || on_bytes(piece)) continue;
      return {Io::Status::stopped};
    }
    unparsed_.clear();
    if (body_.is_done()) return {};
    if (!body_.problem().empty()) return no_http(body_.problem());
    Io got = more();
    if (got.status == Io::Status::end)
      return body_.ends_with_connection() ? Io{} : Io::failed("the answer broke off");
    if (!got.ok()) return got;
  }
}

}  // namespace belay::http
