#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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

}  // namespace belay
