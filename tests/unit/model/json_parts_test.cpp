#include "model/json_parts.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

namespace belay {
namespace {

namespace json = boost::json;

TEST_CASE("what is missing, null or of another kind is empty, 0 or false") {
  const json::object others{{"null", nullptr}, {"number", 7}, {"list", {1, "a"}}};
  for (const char* key : {"missing", "null", "number", "list"}) {
    CAPTURE(key);
    CHECK(text_at(others, key).empty());
    CHECK_FALSE(flag_at(others, key));
    CHECK(object_at(others, key).empty());
  }
  CHECK(number_at(others, "list") == 0);
  CHECK(array_at(others, "number").empty());
  CHECK(value_at(others, "missing").is_null());
}

TEST_CASE("the texts of a list, and of an object by key, without what is none") {
  const json::object found{{"tags", {"a:1", 7, nullptr, {"b"}, "b:2"}}, {"tag", "c:3"}, {"none", nullptr}};
  CHECK(texts_at(found, "tags") == std::vector<std::string>{"a:1", "b:2"});
  for (const char* key : {"tag", "none", "missing"}) CHECK(texts_at(found, key).empty());
  CHECK(texts_in(found) == std::map<std::string, std::string>{{"tag", "c:3"}});
}

TEST_CASE("every text is changed, however deep, and keys only where that is asked") {
  const json::value found{
      {"a", "b"}, {"list", {"c", 1, {{"d", "e"}, {"f", nullptr}}}}, {"yes", true}, {"none", json::array{}}};
  const auto twice = [](const std::string& text) { return text + text; };
  const json::value texts{{"a", "bb"},
                          {"list", {"cc", 1, {{"d", "ee"}, {"f", nullptr}}}},
                          {"yes", true},
                          {"none", json::array{}}};
  CHECK(with_texts(found, twice) == texts);
  CHECK(with_texts({{"a", {{"b", "c"}}}}, std::identity{}, twice) == json::value{{"aa", {{"bb", "c"}}}});
}

}  // namespace
}  // namespace belay
