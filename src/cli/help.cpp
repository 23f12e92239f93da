#include <fmt/core.h>

#include "base/error.hpp"
#include "base/nearest.hpp"
#include "cli/context.hpp"
#include "cli/pages.hpp"

namespace belay::cli {

int run(const command::Overview&, Context& context) {
  return run(command::Help{}, context);
}

int run(const command::Help& asked, Context& context) {
  if (const auto text = page(asked.about.empty() ? "belay" : asked.about)) {
    context.out.write(rendered_page(*text, context.out_surface.style));
    return 0;
  }
  std::vector<std::string> names;
  for (const CommandShape& shape : command_shapes()) names.push_back(shape.name);
  const auto meant = nearest(asked.about, names);
  throw Error(fmt::format("there is no command '{}'", asked.about), "",
              meant ? fmt::format("Did you mean  belay help {}?", *meant) : "belay help  lists the commands.",
              ExitCode::bad_input);
}

}  // namespace belay::cli
