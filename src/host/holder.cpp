#include "host/holder.hpp"

#include <boost/json.hpp>
#include <unistd.h>

#include "base/process_table.hpp"

namespace belay {

namespace json = boost::json;

namespace {

/// Empty between the taking of the lock and the writing of its holder.
json::object written(const Layout& layout) {
  boost::system::error_code bad;
  const auto value = json::parse(read_file_if_exists(layout.lock()).value_or(""), bad);
  return bad || !value.is_object() ? json::object{} : value.as_object();
}

}  // namespace

void write_holder(const FileLock& lock, const Author& by, const std::string& run) {
  lock.write_holder(json::serialize(
      json::object{{"by", by.shown()}, {"since", iso8601(now())}, {"run", run}, {"group", ::getpgrp()}}));
}

wire::Held read_holder(const Layout& layout) {
  wire::Held held{.run = {}, .by = "somebody", .since = now()};
  const auto object = written(layout);
  if (object.empty()) return held;
  held.by = std::string(object.at("by").as_string());
  held.run = std::string(object.at("run").as_string());
  held.since = parse_iso8601(std::string(object.at("since").as_string()));
  return held;
}

bool is_held(const Layout& layout) {
  return fs::exists(layout.lock()) && !FileLock::try_acquire(layout.lock()).has_value();
}

bool holder_runs(const Layout& layout) {
  const auto object = written(layout);
  const auto* group = object.if_contains("group");
  return group != nullptr && group_runs(group->to_number<pid_t>());
}

}  // namespace belay
