#include "host/arguments.hpp"

#include "base/error.hpp"
#include "drivers/own_state.hpp"

namespace belay {

Layout HostArguments::layout() const {
  return layout_of(live, state);
}

HostArguments host_arguments(std::span<const std::string> arguments) {
  HostArguments read;
  bool well = true;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool has_path = i + 1 < arguments.size() && arguments[i + 1].starts_with('/');
    if (arguments[i] == "--path" && has_path)
      read.live = arguments[++i];
    else if (arguments[i] == "--state" && has_path)
      read.state = arguments[++i];
    else if (arguments[i] == "--boot")
      read.boot = true;
    else
      well = false;
  }
  if (well && !read.live.empty()) return read;
  throw Error("this needs --path with the environment's live directory", {},
              "for example: belay host recover --path /srv/app", ExitCode::bad_input);
}

std::vector<std::string> command_of_role(const std::string& program, const std::string& role,
                                         const Layout& layout) {
  std::vector<std::string> argv{program, "host", role, "--path", layout.live.string()};
  // A state that is still in the live directory may move while that process runs: it looks for itself.
  if (layout.state != layout.live / state_directory_name)
    argv.insert(argv.end(), {"--state", layout.state.string()});
  return argv;
}

}  // namespace belay
