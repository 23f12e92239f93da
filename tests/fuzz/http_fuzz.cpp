#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "drivers/http_message.hpp"
#include "require.hpp"

/// Any bytes are an answer or a failure, are read to one end however they are cut, and take no more memory
/// than the reader may hold.
using namespace belay;

namespace {

/// Hands over so many bytes at a time.
class Bytes : public ByteStream {
 public:
  Bytes(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}
  Io read(char* into, std::size_t size) override {
    if (bytes_.empty()) return {Io::Status::end};
    const std::size_t count = std::min({size, piece_, bytes_.size()});
    std::memcpy(into, bytes_.data(), count);
    bytes_.remove_prefix(count);
    return {Io::Status::done, count};
  }
  Io write(std::string_view) override { return {}; }

 private:
  std::string_view bytes_;
  std::size_t piece_;
};

struct Reading {
  int status = 0;
  bool is_whole = false;
  std::string body{};
  bool operator==(const Reading&) const = default;
};

Reading reading(std::string_view answer, std::size_t piece) {
  Bytes stream(answer, piece);
  http::ResponseReader reader(stream);
  http::Head head;
  Reading found;
  if (!reader.read_head(head).ok()) return found;
  found.status = head.status;
  found.is_whole = reader
                       .read_body([&](std::string_view bytes) {
                         found.body += bytes;
                         return true;
                       })
                       .ok();
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view answer(reinterpret_cast<const char*>(data), size);
  const Reading whole = reading(answer, 1u << 20), drip = reading(answer, 1), pieces = reading(answer, 7);
  REQUIRE_ALWAYS(whole.body.size() <= size);
  // What breaks off may have been handed over in part.
  REQUIRE_ALWAYS(whole.status == drip.status && whole.status == pieces.status);
  REQUIRE_ALWAYS(whole.is_whole == drip.is_whole && whole.is_whole == pieces.is_whole);
  REQUIRE_ALWAYS(!whole.is_whole || (whole.body == drip.body && whole.body == pieces.body));
  return 0;
}
