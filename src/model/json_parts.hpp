#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace belay {

/// Reads of JSON that others wrote what may be missing, null or of another kind without a fuss: the Engine's
/// answers and compose's models differ between versions. Then it is empty, 0 or false.
std::string text_at(const boost::json::object&, std::string_view key);
std::int64_t number_at(const boost::json::object&, std::string_view key);
bool flag_at(const boost::json::object&, std::string_view key);
const boost::json::object& object_at(const boost::json::object&, std::string_view key);
const boost::json::array& array_at(const boost::json::object&, std::string_view key);
/// Of any kind; null where it is missing.
const boost::json::value& value_at(const boost::json::object&, std::string_view key);
/// The texts of a list. What else is in it is left out.
std::vector<std::string> texts_at(const boost::json::object&, std::string_view key);
/// The texts of an object by their keys. What else is in it is left out.
std::map<std::string, std::string> texts_in(const boost::json::object&);

/// What becomes of a text.
using ChangeText = std::function<std::string(std::string)>;
/// The value with every text in it changed, however deep it lies; and every key of an object by `change_key`.
boost::json::value with_texts(const boost::json::value&, const ChangeText& change,
                              const ChangeText& change_key = std::identity{});

}  // namespace belay
