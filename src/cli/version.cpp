#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "cli/context.hpp"

namespace belay::cli {
namespace {

#if defined(__x86_64__)
constexpr const char* architecture = "x86_64";
#elif defined(__aarch64__)
constexpr const char* architecture = "aarch64";
#else
#error "belay is built for x86_64 and aarch64"
#endif

}  // namespace

int run(const command::Version& asked, Context& context) {
  if (asked.json)
    context.out.line(boost::json::serialize(
        boost::json::object{{"version", BELAY_VERSION}, {"architecture", architecture}}));
  else
    context.out.line(fmt::format("belay {} ({})", BELAY_VERSION, architecture));
  return 0;
}

}  // namespace belay::cli
