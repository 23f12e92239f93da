#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/files.hpp"
#include "cli/context.hpp"
#include "control/shipment.hpp"
#include "drivers/minisign.hpp"

namespace belay::cli {
namespace {

#if defined(__x86_64__)
constexpr const char* architecture = "x86_64";
#elif defined(__aarch64__)
constexpr const char* architecture = "aarch64";
#else
#error "belay is built for x86_64 and aarch64"
#endif

struct SignatureFile {
  fs::path path;
  std::string text;
};

/// Beside the program, or where a package has it.
SignatureFile signature_of(const fs::path& program) {
  const std::string name = program.filename().string() + ".minisig";
  const fs::path beside = program.parent_path() / name,
                 packaged = program.parent_path().parent_path() / "share/belay" / name;
  for (const auto& path : {beside, packaged})
    if (auto text = read_file_if_exists(path)) return {path, std::move(*text)};
  throw Error("this belay has no signature",
              fmt::format("there is neither {} nor {}", beside.string(), packaged.string()),
              "install a package of belay, or put the release's signature of the program there");
}

struct Verified {
  std::string key;
  fs::path signature;
};

/// What is checked is the program that runs, whatever lies at its place by now.
Verified verified_program() {
  if (std::string_view(BELAY_MINISIGN_PUBLIC_KEY).empty())
    throw Error("this belay cannot check its signature", "it was built without a public key",
                "compare its SHA-256 with SHA256SUMS, or use a published belay");
  const auto key = MinisignKey::from_text(BELAY_MINISIGN_PUBLIC_KEY);
  if (!key)
    throw Error("this belay cannot check its signature",
                "the public key that it was built with: " + key.error(), "use a published belay");
  const SignatureFile signature = signature_of(own_executable());
  auto comment = key->signed_comment(signature.text, read_file("/proc/self/exe"));
  const std::string own = fmt::format("belay {} {}", BELAY_VERSION, architecture);
  if (comment && *comment != own)
    comment = std::unexpected(fmt::format("it says \"{}\", and this is {}", *comment, own));
  if (!comment)
    throw Error("the signature of this belay is not good: " + signature.path.string(), comment.error(),
                "do not use this program; install belay anew from where you trust it to be");
  return {.key = key->id(), .signature = signature.path};
}

}  // namespace

int run(const command::Version& asked, Context& context) {
  boost::json::object object{{"version", BELAY_VERSION}, {"architecture", architecture}};
  std::string text = fmt::format("belay {} ({})", BELAY_VERSION, architecture);
  if (asked.verify) {
    const Verified verified = verified_program();
    object["key"] = verified.key;
    object["signature"] = verified.signature.string();
    text += fmt::format("\nsigned by key {}: {}", verified.key, verified.signature.string());
  }
  context.out.line(asked.json ? boost::json::serialize(object) : text);
  return 0;
}

}  // namespace belay::cli
