#include "saga/holder.hpp"

#include <chrono>

#include <boost/json.hpp>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/deadline.hpp"
#include "base/process_table.hpp"

namespace belay {

namespace json = boost::json;

namespace {

constexpr auto a_look = std::chrono::milliseconds(500);
constexpr auto a_death = std::chrono::seconds(10);
constexpr auto between_tries = std::chrono::milliseconds(50);

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

std::optional<FileLock> acquired_unless_held(const Layout& layout) {
  const auto looked = Deadline::in(a_look), dead = Deadline::in(a_death);
  while (true) {
    if (auto lock = FileLock::try_acquire(layout.lock())) return lock;
    if (dead.expired() || (looked.expired() && holder_runs(layout))) return std::nullopt;
    pause(between_tries);
  }
}

bool holder_runs(const Layout& layout) {
  const auto object = written(layout);
  const auto* group = object.if_contains("group");
  return group != nullptr && group_runs(group->to_number<pid_t>());
}

}  // namespace belay
