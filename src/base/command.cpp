#include <csignal>
#include <cstring>

#include <fmt/core.h>

#include "base/human.hpp"
#include "base/process.hpp"

namespace belay {

namespace {

std::string quoted(const std::string& word) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./:,@%^";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) {
    if (c == '\'') {
      text += "'\\''";
    } else {
      text += c;
    }
  }
  return text + "'";
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

}  // namespace

std::string Command::shown() const {
  std::string text;
  for (const std::string& word : argv) {
    if (!text.empty()) text += ' ';
    text += quoted(word);
  }
  return text;
}

std::string Outcome::described() const {
  switch (end) {
    case End::exited:
      return fmt::format("exit code {}", code);
    case End::signalled:
      return fmt::format("killed by {}", signal_name(code));
    case End::deadline:
      return fmt::format("no end after {}", human_duration(ran));
    case End::cancelled:
      return "cancelled";
  }
  return "an unknown end";
}

}  // namespace belay
