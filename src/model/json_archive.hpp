#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/time.hpp"

namespace belay {

/// One description of a struct serves to write it as JSON and to read it back:
///
///     void fields(auto& archive, Is<Commit> auto& commit) {
///       archive("id", commit.id);
///       archive("dirty", commit.dirty);
///     }
///
/// Both archives are called with a key and a member. Reading: a missing key keeps the default, unknown keys
/// are ignored, a wrong type is an Error that names the key's path. Enums go by their names (`enum_names`),
/// times as ISO 8601 (a zero time is left out), durations as milliseconds under the key with "_ms" appended,
/// an empty optional is left out.
template <class T, class U>
concept Is = std::same_as<std::remove_const_t<T>, U>;

/// An enum whose names are given by `constexpr auto enum_names(E)`: an array of pairs {value, name}, found
/// beside E.
template <class E>
concept NamedEnum = std::is_enum_v<E> && requires(E e) { enum_names(e); };

template <NamedEnum E>
std::string name_of(E value) {
  for (const auto& [known, name] : enum_names(value))
    if (known == value) return std::string(name);
  return "unknown";
}

template <NamedEnum E>
std::optional<E> value_named(std::string_view wanted) {
  for (const auto& [known, name] : enum_names(E{}))
    if (name == wanted) return known;
  return std::nullopt;
}

namespace json_archive {

/// Text that parses as JSON for sure: invalid UTF-8 becomes U+FFFD, a number that JSON cannot hold becomes
/// null.
boost::json::value storable(const boost::json::value&);
boost::json::string storable(std::string_view);

/// Throws Error{"cannot read `what`"} unless `text` is one JSON object, nested at most 64 deep.
boost::json::object parse_object(std::string_view text, const std::string& what);
/// The same of a text that another machine made: it has so many values at the most, which is known before
/// memory is taken for them, and strings may hold bytes that are no UTF-8.
boost::json::object parse_foreign_object(std::string_view text, const std::string& what,
                                         std::size_t most_values);

/// Throws Error: `path` is not what was `expected`.
[[noreturn]] void wrong_type(const std::string& path, const std::string& expected,
                             const boost::json::value& found);
[[noreturn]] void missing(const std::string& path);
[[noreturn]] void unknown_name(const std::string& path, std::string_view found);
[[noreturn]] void newer_format(const std::string& path, std::int64_t found, int known);

template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
inline constexpr bool is_text_map = std::same_as<T, std::map<std::string, std::string>>;
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

template <class T>
std::string stored_key(std::string_view key) {
  std::string stored(key);
  if constexpr (std::same_as<T, std::chrono::milliseconds>) stored += "_ms";
  return stored;
}

}  // namespace json_archive

class JsonWriter {
 public:
  explicit JsonWriter(boost::json::object& into) : into_(into) {}

  template <class T>
  void operator()(std::string_view key, const T& value) {
    if constexpr (json_archive::is_optional<T>::value) {
      if (value) (*this)(key, *value);
    } else if constexpr (std::same_as<T, Time>) {
      if (value != Time{}) into_[key] = iso8601(value);
    } else {
      into_[json_archive::stored_key<T>(key)] = json_of(value);
    }
  }
  template <class T>
  void required(std::string_view key, const T& value) {
    (*this)(key, value);
  }
  /// Only read: what an older version wrote under this key.
  template <class T>
  void formerly(std::string_view, const T&) {}
  /// The version of what follows; a reader refuses a newer one.
  void format(int known) { into_["format"] = known; }

  template <class T>
  static boost::json::value json_of(const T& value) {
    if constexpr (std::same_as<T, bool> || std::integral<T>) {
      return boost::json::value(value);
    } else if constexpr (NamedEnum<T>) {
      return boost::json::string(name_of(value));
    } else if constexpr (std::same_as<T, std::string>) {
      return json_archive::storable(std::string_view(value));
    } else if constexpr (std::same_as<T, std::filesystem::path>) {
      return json_archive::storable(std::string_view(value.native()));
    } else if constexpr (std::same_as<T, std::chrono::milliseconds>) {
      return boost::json::value(static_cast<std::int64_t>(value.count()));
    } else if constexpr (std::same_as<T, boost::json::value>) {
      return json_archive::storable(value);
    } else if constexpr (std::same_as<T, boost::json::object>) {
      return json_archive::storable(boost::json::value(value));
    } else if constexpr (json_archive::is_vector<T>::value) {
      boost::json::array array;
      for (const auto& item : value) array.push_back(json_of(item));
      return array;
    } else if constexpr (json_archive::is_text_map<T>) {
      boost::json::object object;
      for (const auto& [name, text] : value) object[name] = json_of(text);
      return object;
    } else {
      boost::json::object object;
      JsonWriter writer(object);
      fields(writer, value);
      return object;
    }
  }

 private:
  boost::json::object& into_;
};

class JsonReader {
 public:
  JsonReader(const boost::json::object& from, std::string path) : from_(from), path_(std::move(path)) {}

  template <class T>
  void operator()(std::string_view key, T& value) {
    if (const auto* found = find(json_archive::stored_key<T>(key)))
      read(*found, path_to(json_archive::stored_key<T>(key)), value);
  }
  /// As above, but an Error if the key is missing.
  template <class T>
  void required(std::string_view key, T& value) {
    if (find(json_archive::stored_key<T>(key)) == nullptr)
      json_archive::missing(path_to(json_archive::stored_key<T>(key)));
    (*this)(key, value);
  }
  /// What an older version wrote under this key; a lone text where it is a list now.
  template <class T>
  void formerly(std::string_view key, T& value) {
    if constexpr (std::same_as<T, std::vector<std::string>>) {
      std::string lone;
      (*this)(key, lone);
      if (!lone.empty()) value = {lone};
    } else {
      (*this)(key, value);
    }
  }
  void format(int known) {
    std::int64_t found = 0;
    required("format", found);
    if (found > known) json_archive::newer_format(path_, found, known);
  }

  template <class T>
  static void read(const boost::json::value& from, const std::string& path, T& into) {
    if constexpr (json_archive::is_optional<T>::value) {
      read(from, path, into.emplace());
    } else if constexpr (std::same_as<T, bool>) {
      if (!from.is_bool()) json_archive::wrong_type(path, "true or false", from);
      into = from.get_bool();
    } else if constexpr (std::integral<T>) {
      into = whole_number<T>(from, path);
    } else if constexpr (std::same_as<T, std::chrono::milliseconds>) {
      into = std::chrono::milliseconds(whole_number<std::int64_t>(from, path));
    } else if constexpr (std::same_as<T, boost::json::value>) {
      into = from;
    } else if constexpr (std::same_as<T, boost::json::object>) {
      into = object(from, path);
    } else if constexpr (NamedEnum<T>) {
      const auto named = value_named<T>(text(from, path));
      if (!named) json_archive::unknown_name(path, text(from, path));
      into = *named;
    } else if constexpr (std::same_as<T, Time>) {
      into = parse_iso8601(text(from, path));
    } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::filesystem::path>) {
      into = std::string(text(from, path));
    } else if constexpr (json_archive::is_vector<T>::value) {
      into.clear();
      // What an older version wrote as one object may be a list by now.
      if (from.is_object()) return read(from, path, into.emplace_back());
      if (!from.is_array()) json_archive::wrong_type(path, "a list", from);
      for (const auto& item : from.get_array()) {
        const std::string item_path = path + "[" + std::to_string(into.size()) + "]";
        read(item, item_path, into.emplace_back());
      }
    } else if constexpr (json_archive::is_text_map<T>) {
      into.clear();
      for (const auto& [name, item] : object(from, path))
        read(item, path + "." + std::string(name), into[std::string(name)]);
    } else {
      JsonReader reader(object(from, path), path);
      fields(reader, into);
    }
  }

 private:
  const boost::json::value* find(std::string_view key) const {
    const auto* found = from_.if_contains(key);
    return found != nullptr && !found->is_null() ? found : nullptr;
  }
  std::string path_to(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  }
  static std::string_view text(const boost::json::value& from, const std::string& path) {
    if (!from.is_string()) json_archive::wrong_type(path, "a text", from);
    return from.get_string();
  }
  static const boost::json::object& object(const boost::json::value& from, const std::string& path) {
    if (!from.is_object()) json_archive::wrong_type(path, "an object", from);
    return from.get_object();
  }
  template <class T>
  static T whole_number(const boost::json::value& from, const std::string& path) {
    boost::system::error_code failed;
    const bool whole = from.is_int64() || from.is_uint64();
    const T number = whole ? from.to_number<T>(failed) : T{};
    if (!whole || failed) json_archive::wrong_type(path, "a whole number that fits", from);
    return number;
  }

  const boost::json::object& from_;
  std::string path_;
};

template <class T>
boost::json::object object_of(const T& value) {
  return JsonWriter::json_of(value).get_object();
}

/// Throws Error naming the path (which begins with `what`) of what does not fit.
template <class T>
T value_of(const boost::json::object& from, std::string what) {
  T value{};
  JsonReader reader(from, std::move(what));
  fields(reader, value);
  return value;
}

/// The `type` under which an alternative of a variant is stored; specialised beside the alternative's
/// fields().
template <class T>
inline constexpr std::string_view tag_of = {};

template <class Variant>
std::string_view tag_in(const Variant& variant) {
  return std::visit([]<class T>(const T&) { return tag_of<T>; }, variant);
}

/// Adds "type" and the alternative's fields to `into`.
template <class Variant>
void write_tagged(boost::json::object& into, const Variant& variant) {
  into["type"] = tag_in(variant);
  JsonWriter writer(into);
  std::visit([&](const auto& alternative) { fields(writer, alternative); }, variant);
}

/// Empty for a `type` that no alternative has. Throws Error if it is missing or the fields do not fit.
template <class Variant>
std::optional<Variant> read_tagged(const boost::json::object& from, const std::string& what) {
  std::string type;
  JsonReader(from, what).required("type", type);
  std::optional<Variant> found;
  const auto construct_if_named = [&]<std::size_t index>() {
    if (type == tag_of<std::variant_alternative_t<index, Variant>>) found.emplace(std::in_place_index<index>);
  };
  [&]<std::size_t... index>(std::index_sequence<index...>) {
    (construct_if_named.template operator()<index>(), ...);
  }(std::make_index_sequence<std::variant_size_v<Variant>>{});
  if (!found) return found;
  JsonReader reader(from, what.empty() ? type : what);
  std::visit([&](auto& alternative) { fields(reader, alternative); }, *found);
  return found;
}

}  // namespace belay
