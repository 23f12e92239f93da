#include <cstdint>
#include <sstream>

#include "base/error.hpp"
#include "model/wire.hpp"
#include "require.hpp"

/// Any line is a message that is written so that it reads the same, or an Error.
using namespace belay;

namespace {

template <class Decode>
void check(const std::string& line, Decode decode) {
  std::string written;
  try {
    written = encode(decode(line));
  } catch (const Error& error) {
    REQUIRE_ALWAYS(!error.message().empty());
    return;
  }
  REQUIRE_ALWAYS(written.find('\n') == std::string::npos);
  REQUIRE_ALWAYS(encode(decode(written)) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
  // A line tells nothing about the next one: of very many short ones the first will do.
  int left = 200;
  for (std::string line; left > 0 && std::getline(lines, line); --left) {
    check(line, wire::decode_to_controller);
    check(line, wire::decode_to_host);
  }
  return 0;
}
