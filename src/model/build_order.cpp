#include "model/build_order.hpp"

#include <boost/json/serialize.hpp>

#include "model/json_archive.hpp"

namespace belay {

static void fields(auto& archive, Is<BuildOrder> auto& order) {
  archive.required("source", order.source);
  archive.required("model", order.model);
  archive.required("services", order.services);
  archive.required("images", order.images);
  archive.required("platform", order.platform);
  archive.required("layers", order.layers);
}

std::string build_order_to_text(const BuildOrder& order) {
  return boost::json::serialize(object_of(order));
}

BuildOrder build_order_from_text(const std::string& text) {
  return value_of<BuildOrder>(json_archive::parse_object(text, "the build order"), "build order");
}

}  // namespace belay
