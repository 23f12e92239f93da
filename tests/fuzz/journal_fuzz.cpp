#include <algorithm>
#include <cstdint>

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "model/journal_record.hpp"
#include "require.hpp"

/// Any bytes open as a prefix that opens the same way by itself, or are refused with an Error; and what was
/// once read is written so that it reads the same.
using namespace belay;

namespace {

/// Nothing if the content is refused.
std::optional<DecodedJournal> opened(const std::string& content) {
  try {
    return decode_journal(content);
  } catch (const Error& error) {
    REQUIRE_ALWAYS(!error.message().empty());
    return std::nullopt;
  }
}

std::string encoded(const std::vector<Record>& records) {
  std::string content;
  for (const Record& record : records) content += encode_line(record);
  return content;
}

void check(const std::string& content) {
  const auto decoded = opened(content);
  if (!decoded) return;
  REQUIRE_ALWAYS(decoded->intact_bytes <= content.size());
  const auto prefix = opened(content.substr(0, decoded->intact_bytes));
  REQUIRE_ALWAYS(prefix && prefix->intact_bytes == decoded->intact_bytes);
  REQUIRE_ALWAYS(prefix->records.size() == decoded->records.size());
  const std::string written = encoded(decoded->records);
  const auto again = opened(written);
  REQUIRE_ALWAYS(again && again->intact_bytes == written.size());
  REQUIRE_ALWAYS(encoded(again->records) == written);
}

/// Each line of `text` with the checksum it should have, in place of the one it may have: a fuzzer does not
/// guess them.
std::string with_checksums(std::string_view text) {
  std::string content;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::string_view json = line.size() > 9 && line[8] == ' ' ? line.substr(9) : line;
    content += fmt::format("{:08x} {}\n", crc32(json), json);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return content;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check(text);
  check(with_checksums(text));
  return 0;
}
