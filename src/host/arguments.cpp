#include "host/arguments.hpp"

#include "base/error.hpp"

namespace belay {

Layout layout_from(std::span<const std::string> arguments) {
  if (arguments.size() == 2 && arguments[0] == "--path" && arguments[1].starts_with('/'))
    return {arguments[1]};
  throw Error("this needs --path with the environment's live directory", {},
              "for example: belay host recover --path /srv/app", ExitCode::bad_input);
}

}  // namespace belay
