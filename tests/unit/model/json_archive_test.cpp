#include "model/json_archive.hpp"

#include <array>
#include <limits>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include "base/error.hpp"

namespace belay {

namespace {

enum class Colour { red, deep_blue };

constexpr auto enum_names(Colour) {
  return std::to_array<std::pair<Colour, std::string_view>>(
      {{Colour::red, "red"}, {Colour::deep_blue, "deep-blue"}});
}

struct Part {
  std::string name = "unnamed";
  std::uint8_t small = 7;
};

struct Whole {
  bool flag = false;
  int number = 3;
  std::uint64_t large = 0;
  Colour colour = Colour::red;
  Time at{};
  std::chrono::milliseconds took{5};
  std::filesystem::path path;
  std::optional<int> maybe;
  std::vector<Part> parts;
  boost::json::value anything;
};

}  // namespace

static void fields(auto& archive, Is<Part> auto& part) {
  archive("name", part.name);
  archive("small", part.small);
}

static void fields(auto& archive, Is<Whole> auto& whole) {
  archive("flag", whole.flag);
  archive("number", whole.number);
  archive("large", whole.large);
  archive("colour", whole.colour);
  archive("at", whole.at);
  archive("took", whole.took);
  archive("path", whole.path);
  archive("maybe", whole.maybe);
  archive("parts", whole.parts);
  archive("anything", whole.anything);
}

namespace {

Whole read(std::string_view text) {
  return value_of<Whole>(json_archive::parse_object(text, "the text"), "whole");
}

std::string failure(std::string_view text) {
  try {
    read(text);
  } catch (const Error& error) {
    return error.message() + ": " + error.why();
  }
  return "none";
}

}  // namespace

TEST_CASE("one description writes a value and reads it back") {
  Whole whole;
  whole.flag = true;
  whole.number = -4;
  whole.large = std::numeric_limits<std::uint64_t>::max();
  whole.colour = Colour::deep_blue;
  whole.at = parse_iso8601("2026-01-12T10:33:00.123Z");
  whole.took = std::chrono::seconds(2);
  whole.path = "/srv/ü";
  whole.maybe = 0;
  whole.parts = {{"a", 1}, {"b", 255}};
  whole.anything = {1, "x", nullptr, {{"k", true}}};
  const std::string text = boost::json::serialize(object_of(whole));
  CHECK(
      text ==
      R"({"flag":true,"number":-4,"large":18446744073709551615,"colour":"deep-blue","at":"2026-01-12T10:33:00.123Z",)"
      R"("took_ms":2000,"path":"/srv/ü","maybe":0,"parts":[{"name":"a","small":1},{"name":"b","small":255}],)"
      R"("anything":[1,"x",null,{"k":true}]})");
  CHECK(boost::json::serialize(object_of(read(text))) == text);
}

TEST_CASE("missing and null keys keep the default, unknown ones are ignored") {
  const Whole whole = read(R"({"number":null,"parts":[{}],"new":[1]})");
  CHECK(whole.number == 3);
  CHECK(whole.took.count() == 5);
  CHECK_FALSE(whole.maybe);
  CHECK(whole.at == Time{});
  REQUIRE(whole.parts.size() == 1);
  CHECK(whole.parts[0].name == "unnamed");
}

TEST_CASE("a wrong type is an error that names the path and what was found") {
  CHECK(failure(R"({"flag":1})") == "cannot read whole.flag: expected true or false, found the number 1");
  CHECK(failure(R"({"number":"3"})") ==
        "cannot read whole.number: expected a whole number that fits, found a text");
  CHECK(failure(R"({"number":3.5})")
            .starts_with("cannot read whole.number: expected a whole number that fits"));
  CHECK(failure(R"({"number":3000000000})").starts_with("cannot read whole.number"));
  CHECK(failure(R"({"large":-1})").starts_with("cannot read whole.large"));
  CHECK(failure(R"({"colour":"green"})") ==
        "cannot read whole.colour: 'green' is not known to this version of belay");
  CHECK(failure(R"({"parts":3})") == "cannot read whole.parts: expected a list, found the number 3");
  CHECK(failure(R"({"parts":[{},{"small":256}]})").starts_with("cannot read whole.parts[1].small"));
  CHECK(failure(R"({"parts":[{},3]})") ==
        "cannot read whole.parts[1]: expected an object, found the number 3");
  CHECK(failure(R"({"took_ms":"5s"})").starts_with("cannot read whole.took_ms"));
  CHECK(failure(R"({"path":[]})") == "cannot read whole.path: expected a text, found a list");
}

TEST_CASE("text that is no JSON object is refused, however deep it is nested") {
  CHECK(failure("").starts_with("cannot read the text: not JSON"));
  CHECK(failure("{} x").starts_with("cannot read the text: not JSON"));
  CHECK(failure("3") == "cannot read the text: not a JSON object but the number 3");
  CHECK(failure(R"({"anything":)" + std::string(100'000, '[')).starts_with("cannot read the text: not JSON"));
}

TEST_CASE("what is written parses, whatever bytes and numbers it was made of") {
  Whole whole;
  whole.path = std::string("a\xFF\0b", 4);
  whole.anything = {{"bad \xC3 key", std::numeric_limits<double>::quiet_NaN()},
                    {"list", {"\xED\xA0\x80", std::numeric_limits<double>::infinity()}}};
  const Whole back = read(boost::json::serialize(object_of(whole)));
  CHECK(back.path == std::string("a\xEF\xBF\xBD\0b", 6));
  CHECK(back.anything.at("bad \xEF\xBF\xBD key").is_null());
  CHECK(back.anything.at("list").at(1).is_null());
}

}  // namespace belay
