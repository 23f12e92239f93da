#include "cli/terminal.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <string>

#include <boost/json/serialize.hpp>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace belay::cli {
namespace {

bool set(const VariableLookup& variable, const char* name) {
  const auto value = variable(name);
  return value && !value->empty();
}

bool says_utf8(const VariableLookup& variable) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    auto value = variable(name);
    if (!value || value->empty()) continue;
    std::ranges::transform(*value, value->begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return value->contains("utf-8") || value->contains("utf8");
  }
  return false;
}

bool wants_colour(const VariableLookup& variable, bool no_color, bool capable) {
  if (no_color || set(variable, "NO_COLOR")) return false;
  if (const auto force = variable("CLICOLOR_FORCE"); force && !force->empty() && *force != "0") return true;
  return capable;
}

}  // namespace

Surface surface_of(int fd, const VariableLookup& variable, bool no_color) {
  Surface surface;
  surface.terminal = isatty(fd) == 1;
  surface.moves = surface.terminal && variable("TERM").value_or("dumb") != "dumb";
  surface.style.colour = wants_colour(variable, no_color, surface.moves);
  surface.style.unicode = says_utf8(variable);
  return surface;
}

Size size_of(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

void Output::write(std::string_view bytes) {
  if (masks_.empty())
    write_as_it_is(bytes);
  else
    write_as_it_is(masks_.masked(bytes));
}

void Output::json(const boost::json::value& value) {
  write_as_it_is(boost::json::serialize(masks_.masked_json(value)) + "\n");
}

void Output::write_as_it_is(std::string_view bytes) {
  while (!bytes.empty() && failure_ == 0) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // a child made the shared terminal non-blocking
      pollfd ready{fd_, POLLOUT, 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      failure_ = errno;
    }
  }
}

void Output::line(std::string_view text) {
  std::string bytes(text);
  bytes += '\n';
  write(bytes);
}

}  // namespace belay::cli
