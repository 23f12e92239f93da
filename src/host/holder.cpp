#include "host/holder.hpp"

#include <boost/json.hpp>

namespace belay {

namespace json = boost::json;

void write_holder(const FileLock& lock, const Author& by, const std::string& run) {
  lock.write_holder(
      json::serialize(json::object{{"by", by.shown()}, {"since", iso8601(now())}, {"run", run}}));
}

wire::Held read_holder(const Layout& layout) {
  boost::system::error_code bad;
  const auto value = json::parse(read_file_if_exists(layout.lock()).value_or(""), bad);
  wire::Held held{.run = {}, .by = "somebody", .since = now()};
  if (bad || !value.is_object()) return held;  // caught between taking the lock and writing its holder
  const auto& object = value.as_object();
  held.by = std::string(object.at("by").as_string());
  held.run = std::string(object.at("run").as_string());
  held.since = parse_iso8601(std::string(object.at("since").as_string()));
  return held;
}

bool is_held(const Layout& layout) {
  return fs::exists(layout.lock()) && !FileLock::try_acquire(layout.lock()).has_value();
}

}  // namespace belay
