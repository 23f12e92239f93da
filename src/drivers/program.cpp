#include "drivers/program.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <vector>

#include <unistd.h>

#include "base/error.hpp"
#include "model/visible_text.hpp"

namespace belay {

namespace {

std::vector<int> numbers_of(const std::string& version) {
  std::vector<int> numbers;
  const char* at = version.data();
  const char* const end = at + version.size();
  for (;;) {
    int number = 0;
    const auto read = std::from_chars(at, end, number);
    if (read.ec != std::errc{}) return numbers;
    numbers.push_back(number);
    if (read.ptr == end || *read.ptr != '.') return numbers;
    at = read.ptr + 1;
  }
}

}  // namespace

bool program_exists(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (true) {
    const auto colon = rest.find(':');
    const std::string directory(rest.substr(0, colon));
    if (::access(((directory.empty() ? "." : directory) + "/" + name).c_str(), X_OK) == 0) return true;
    if (colon == std::string_view::npos) return false;
    rest.remove_prefix(colon + 1);
  }
}

std::string version_in(std::string_view text) {
  constexpr std::string_view digits = "0123456789";
  for (auto at = text.find_first_of(digits); at != std::string_view::npos;
       at = text.find_first_of(digits, at)) {
    const auto end = std::min(text.find_first_not_of("0123456789.", at), text.size());
    std::string_view number = text.substr(at, end - at);
    while (number.ends_with('.')) number.remove_suffix(1);
    if (number.contains('.')) return std::string(number);
    at = end;
    if (at == text.size()) break;
  }
  return {};
}

bool at_least(const std::string& version, const std::string& needed) {
  const auto numbers = numbers_of(version);
  return !numbers.empty() && numbers >= numbers_of(needed);
}

void require_success(const Captured& captured, const std::string& what_failed, const std::string& next) {
  if (captured.ok()) return;
  // Of a program that ran on the other side of ssh, too.
  const std::string words =
      visible_text(std::string(last_lines(captured.err.empty() ? captured.out : captured.err, 20)));
  throw Error(what_failed, captured.outcome.described() + (words.empty() ? "" : "\n" + words), next);
}

}  // namespace belay
