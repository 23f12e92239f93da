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

/// Beast's parser, feeding a Head and a queue of body bytes.
struct ResponseReader::Parser : beast::http::basic_parser<false> {
  Head head{};
  std::string body{};

  Parser() {
    body_limit(boost::none);
    header_limit(64 * 1024);
    eager(true);
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
  std::size_t on_body_impl(string_view bytes, error_code&) override {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) override {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}
};

ResponseReader::ResponseReader(ByteStream& stream) : stream_(stream), parser_(std::make_unique<Parser>()) {}
ResponseReader::~ResponseReader() = default;

/// Gives the parser what is there, and reads on only if that was not enough.
Io ResponseReader::more() {
  beast::error_code error;
  if (!unparsed_.empty()) {
    const std::size_t used = parser_->put(boost::asio::buffer(unparsed_), error);
    unparsed_.erase(0, used);
    if (error && error != beast::http::error::need_more)
      return Io::failed(std::string(not_http) + ": " + error.message());
    if (used > 0) return {};
  }
  std::array<char, 16384> buffer;
  Io got = stream_.read(buffer.data(), buffer.size());
  if (got.ok()) {
    unparsed_.append(buffer.data(), got.bytes);
    return got;
  }
  if (got.status != Io::Status::end) return got;
  if (!parser_->got_some() && unparsed_.empty())
    return Io::failed("the connection was closed without an answer");
  parser_->put_eof(error);
  if (error) return Io::failed("the answer broke off");
  return {};
}

Io ResponseReader::read_head(Head& head) {
  while (true) {
    while (!parser_->is_header_done())
      if (Io got = more(); !got.ok()) return got;
    if (parser_->head.status / 100 != 1 || parser_->head.status == 101) break;
    parser_ = std::make_unique<Parser>();
  }
  head = parser_->head;
  return {};
}

Io ResponseReader::read_body(const std::function<bool(std::string_view)>& on_bytes) {
  while (true) {
    if (!parser_->body.empty()) {
      const std::string bytes = std::exchange(parser_->body, {});
      if (!on_bytes(bytes)) return {Io::Status::stopped};
    }
    if (parser_->is_done()) return {};
    if (Io got = more(); !got.ok()) return got;
  }
}

}  // namespace belay::http
