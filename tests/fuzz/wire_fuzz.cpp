#include <algorithm>
#include <cmath>
#include <cstdint>
#include <sstream>

#include <boost/json/parse.hpp>

#include "base/error.hpp"
#include "model/wire.hpp"
#include "require.hpp"

/// Any line is a message that is written so that it reads the same, or an Error.
using namespace belay;

namespace {

/// Boost.JSON reads a number with many digits up to some units in the last place wrong, so that it may be
/// another one each time it is written. belay's own messages have none such.
bool same_number(double one, double other) {
  return std::abs(one - other) <= 1e-14 * std::abs(one);
}

bool same(const boost::json::value& one, const boost::json::value& other) {
  if (one.is_double() && other.is_double()) return same_number(one.get_double(), other.get_double());
  if (one.is_array() && other.is_array()) return std::ranges::equal(one.get_array(), other.get_array(), same);
  if (!one.is_object() || !other.is_object()) return one == other;
  return std::ranges::equal(one.get_object(), other.get_object(), [](const auto& a, const auto& b) {
    return a.key() == b.key() && same(a.value(), b.value());
  });
}

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
  REQUIRE_ALWAYS(same(boost::json::parse(encode(decode(written))), boost::json::parse(written)));
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
