#include "model/json_archive.hpp"

#include <cmath>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/error.hpp"
#include "model/utf8.hpp"

namespace belay::json_archive {

namespace {

constexpr std::size_t deepest = 64;

std::string kind_of(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return "null";
    case boost::json::kind::bool_:
      return "true or false";
    case boost::json::kind::string:
      return "a text";
    case boost::json::kind::array:
      return "a list";
    case boost::json::kind::object:
      return "an object";
    default:
      return "the number " + boost::json::serialize(value);
  }
}

}  // namespace

boost::json::string storable(std::string_view text) {
  return boost::json::string(valid_utf8(text));
}

boost::json::value storable(const boost::json::value& value) {
  if (const auto* text = value.if_string()) return storable(std::string_view(*text));
  if (const auto* number = value.if_double(); number != nullptr && !std::isfinite(*number)) return nullptr;
  if (const auto* array = value.if_array()) {
    boost::json::array clean;
    for (const auto& item : *array) clean.push_back(storable(item));
    return clean;
  }
  if (const auto* object = value.if_object()) {
    boost::json::object clean;
    for (const auto& [key, item] : *object) clean[valid_utf8(key)] = storable(item);
    return clean;
  }
  return value;
}

namespace {

boost::json::object parsed(std::string_view text, const std::string& what, bool with_any_bytes) {
  boost::json::parse_options options;
  options.max_depth = deepest;
  options.allow_invalid_utf8 = with_any_bytes;
  boost::system::error_code failed;
  boost::json::value value = boost::json::parse(text, failed, {}, options);
  if (failed) throw Error("cannot read " + what, "not JSON: " + failed.message());
  if (!value.is_object()) throw Error("cannot read " + what, "not a JSON object but " + kind_of(value));
  return std::move(value.get_object());
}

/// At least as many as there are: a value stands behind a comma, or opens a list or an object.
std::size_t values_in(std::string_view text) {
  std::size_t count = 1;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string && c == '\\') {
      ++at;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == ',' || c == '[' || c == '{')) {
      ++count;
    }
  }
  return count;
}

}  // namespace

boost::json::object parse_object(std::string_view text, const std::string& what) {
  return parsed(text, what, false);
}

boost::json::object parse_foreign_object(std::string_view text, const std::string& what,
                                         std::size_t most_values) {
  if (values_in(text) > most_values)
    throw Error("cannot read " + what, "it has more than " + std::to_string(most_values) + " values");
  return parsed(text, what, true);
}

void wrong_type(const std::string& path, const std::string& expected, const boost::json::value& found) {
  throw Error("cannot read " + path, "expected " + expected + ", found " + kind_of(found));
}

void missing(const std::string& path) {
  throw Error("cannot read " + path, "it is missing");
}

void unknown_name(const std::string& path, std::string_view found) {
  throw Error("cannot read " + path, "'" + std::string(found) + "' is not known to this version of belay");
}

void newer_format(const std::string& path, std::int64_t found, int known) {
  throw Error("cannot read this " + path,
              "it has format " + std::to_string(found) + "; this version of belay reads up to format " +
                  std::to_string(known),
              "use the version of belay that wrote it, or a newer one");
}

}  // namespace belay::json_archive
