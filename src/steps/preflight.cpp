
#include <fmt/core.h>

#include "base/background.hpp"
#include "base/files.hpp"
#include "base/human.hpp"
#include "drivers/compose.hpp"
#include "drivers/rsync.hpp"
#include "edge/certificates.hpp"
#include "steps/step.hpp"
#include "steps/what_served.hpp"

namespace belay::preflight {

namespace {

// Enough for a source tree, a small image's layers and a dump to begin with; what a step really needs it says
// itself.
constexpr std::uint64_t least_free_bytes = 256'000'000;
constexpr std::uint64_t least_free_inodes = 10'000;

void require_space(const fs::path& path) {
  const auto space = free_space(path);
  if (space.bytes_free < least_free_bytes)
    throw Error(fmt::format("too little disk space at {}", path.string()),
                fmt::format("{} free, at least {} needed", human_bytes(space.bytes_free),
                            human_bytes(least_free_bytes)),
                "free some: docker system df shows what images and build cache take");
  if (space.inodes_free < least_free_inodes)
    throw Error(fmt::format("too few free inodes at {}", path.string()),
                fmt::format("{} free, at least {} needed", space.inodes_free, least_free_inodes),
                "remove small files; df -i shows where they are");
}

void require_certificates(const Context& context) {
  const auto& edge = context.environment().edge;
  if (!edge || !edge->tls) return;
  for (const auto& certificate : certificates_now(*edge->tls, context.layout))
    if (!certificate.problem.empty())
      throw Error("the edge cannot end TLS", certificate.problem,
                  "put the certificate there, or correct `edge.tls` in belay.yml");
}

}  // namespace

std::string apply(Context& context) {
  require_space(context.layout.live);
  require_space(context.layout.state);  // which may lie on another disk
  require_certificates(context);
  note_what_serves(context);
  const auto free = human_bytes(free_space(context.layout.live).bytes_free);
  // What is gone back to is there, and was made.
  if (context.plan.kind == Plan::Kind::rollback)
    return fmt::format("docker {}, {} free", context.engine.version(), free);
  context.engine.refuse_snap();
  Beside compose([&] { return compose::require_version(context.stop); });
  if (rsync::version(context.stop).empty())
    throw Error("rsync is missing on the host", {}, "install it there: apt-get install rsync");
  return fmt::format("docker {}, compose {}, {} free", context.engine.version(), compose.get(), free);
}

std::string undo(Context&) {
  return {};
}

}  // namespace belay::preflight
