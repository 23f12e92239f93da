#include <cstdint>
#include <string>

#include "model/secrets_file.hpp"
#include "require.hpp"

/// Any text is a file of secrets that is written so that it reads the same, or a list of problems in the
/// file's order; and so is any text as one that was edited.
using namespace belay;

namespace {

void check(const Problems& problems) {
  REQUIRE_ALWAYS(!problems.empty());
  int last = 0;
  for (const Problem& problem : problems) {
    REQUIRE_ALWAYS(!problem.message.empty() && rendered(problem).ends_with('\n'));
    REQUIRE_ALWAYS(problem.at.line >= last);
    last = problem.at.line;
  }
}

void check(const SecretsFile& file) {
  const auto written = secrets_file_text(file);
  const auto back = parse_secrets_file("secrets.belay", written);
  REQUIRE_ALWAYS(back && back->key_id == file.key_id && back->secrets.size() == file.secrets.size());
  REQUIRE_ALWAYS(secrets_file_text(*back) == written);
}

void check_as_edited(const std::string& text) {
  const auto secrets = parse_open_secrets("edited", text);
  if (!secrets || secrets->empty()) return;
  const auto back = parse_open_secrets("edited", open_secrets_text(*secrets));
  REQUIRE_ALWAYS(back && *back == *secrets);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto file = parse_secrets_file("secrets.belay", text))
    check(*file);
  else
    check(file.error());
  check_as_edited(text);
  return 0;
}
