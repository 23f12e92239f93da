#include "base/deflate.hpp"

#include <array>

#include <zlib.h>

#include "base/error.hpp"
#include "base/human.hpp"

namespace belay {

namespace {

/// zlib reads its input through a pointer that is not const.
Bytef* input_of(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

class Inflation {
 public:
  explicit Inflation(std::string_view packed) {
    stream_.next_in = input_of(packed);
    stream_.avail_in = static_cast<uInt>(packed.size());
    if (::inflateInit(&stream_) != Z_OK) throw Error("cannot unpack data", "zlib did not start");
  }
  ~Inflation() { ::inflateEnd(&stream_); }
  Inflation(const Inflation&) = delete;
  Inflation& operator=(const Inflation&) = delete;

  /// Appends the next piece; false at the end.
  bool append_to(std::string& bytes) {
    std::array<Bytef, 1u << 16> piece;
    stream_.next_out = piece.data();
    stream_.avail_out = piece.size();
    const int end = ::inflate(&stream_, Z_NO_FLUSH);
    if ((end != Z_OK && end != Z_STREAM_END) || (end == Z_STREAM_END && stream_.avail_in > 0))
      throw Error("cannot unpack data", "it is damaged or cut");
    bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size() - stream_.avail_out);
    return end == Z_OK;
  }

 private:
  z_stream stream_{};
};

}  // namespace

std::string deflated(std::string_view bytes) {
  uLongf size = ::compressBound(static_cast<uLong>(bytes.size()));
  std::string packed(size, '\0');
  if (::compress(reinterpret_cast<Bytef*>(packed.data()), &size, input_of(bytes),
                 static_cast<uLong>(bytes.size())) != Z_OK)
    throw Error("cannot compress data", "zlib stopped early");
  packed.resize(size);
  return packed;
}

std::string inflated(std::string_view packed, std::size_t limit) {
  std::string bytes;
  for (Inflation inflation(packed); inflation.append_to(bytes);)
    if (bytes.size() > limit) break;
  if (bytes.size() > limit)
    throw Error("cannot unpack data", "it stands for more than " + human_bytes(limit));
  return bytes;
}

}  // namespace belay
