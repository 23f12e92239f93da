#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "drivers/byte_stream.hpp"
#include "drivers/http_body.hpp"

namespace belay::http {

/// How the reason begins when what answers does not speak HTTP.
inline constexpr auto not_http = "not an HTTP answer";

struct Head {
  int status = 0;
  std::map<std::string, std::string> headers{};  // lower-case names; of a repeated one, the last
};

/// Reads one HTTP/1.1 response from a stream: content-length, chunked, and until-the-end bodies. What it
/// holds at a time is bounded whatever the other side sends: a head has 64 KiB at the most, and so has all
/// that frames the body; ten interim answers are read.
/// (Boost.Beast's parser reads the head. It lives behind this, in one file: it is slow to compile. It does
/// not read the body: Beast 1.81 buffers an extension of a chunk however long it is, and what it makes of bad
/// chunks depends on how the bytes arrive.)
class ResponseReader {
 public:
  explicit ResponseReader(ByteStream&);
  ~ResponseReader();
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;

  /// Interim answers (100 Continue) are skipped. Once for each answer.
  Io read_head(Head&);
  /// Calls `on_bytes` with the body as it comes, until it is complete (Status::done) or `on_bytes` returns
  /// false (Status::stopped). A body that breaks off is a failure.
  Io read_body(const std::function<bool(std::string_view)>& on_bytes);

 private:
  struct Parser;
  Io more();
  Io read_one_head();

  ByteStream& stream_;
  std::unique_ptr<Parser> parser_;
  Body body_ = Body::none();
  std::string unparsed_;
};

}  // namespace belay::http
