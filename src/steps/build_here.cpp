#include "steps/build_here.hpp"

#include <fmt/core.h>

#include "base/files.hpp"
#include "drivers/image_archive.hpp"
#include "model/build_order.hpp"
#include "model/build_paths.hpp"
#include "model/json_parts.hpp"
#include "runtime/compose_model.hpp"

namespace belay {

namespace json = boost::json;

namespace {

fs::path room_of(const Context& context) {
  return context.layout.release(context.release) / "built";
}

void write_order(const Context& context, const json::object& model,
                 const std::vector<std::string>& services) {
  BuildOrder order{.source = context.layout.source(context.release).string(),
                   .model = model,
                   .services = services,
                   .images = {},
                   .platform = context.engine.os() + "/" + context.engine.architecture(),
                   .layers = context.engine.layers_of_images()};
  for (const auto& service : services)
    order.images.push_back(frozen_image_of(context.model, service, context.release));
  make_directories(room_of(context), 0700);
  write_file_atomically(room_of(context) / "order.json", build_order_to_text(order), 0600);
}

/// True if they are on this Engine now. A load of some layers may fail: then all of them are asked for.
bool bring_images(Context& context, const std::string& what, bool all_layers, Deadline deadline) {
  const auto images = room_of(context) / "images";
  const auto heard =
      context.ledger.ask_controller(what, room_of(context).string(), deadline.left(), context.stop);
  if (heard.what == "nobody")
    throw Error("the images were not built", heard.detail,
                "deploy again from a machine that stays connected until the images are here");
  if (!heard.ok) throw Error("the images could not be built where belay was started", heard.detail, {});
  if (!fs::exists(images)) return true;  // that machine has this very Engine
  try {
    docker::load_images(images, context.stop, deadline);
    return true;
  } catch (const Error& failure) {
    if (all_layers || context.stop.stop_requested()) throw;
    context.ledger.output(StepName::build, "without the layers that are here already: " +
                                               failure.message_and_why() + "; now with all of them");
    return false;
  }
}

}  // namespace

void have_images_built(Context& context, const json::object& model, const std::vector<std::string>& services,
                       Deadline deadline) {
  require_build_paths_below(context.layout.source(context.release), model);
  write_order(context, model, services);
  if (!bring_images(context, "images", false, deadline))
    bring_images(context, "images with all layers", true, deadline);
  remove_tree(room_of(context));
}

int forget_images_built(const Context& context) {
  std::error_code failed;  // while files arrive; it is tried again, and goes with the release's directory
  const auto removed = fs::remove_all(room_of(context), failed);
  return failed ? 1 : static_cast<int>(removed);
}

}  // namespace belay
