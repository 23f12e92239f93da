#include "model/variables.hpp"

#include <doctest/doctest.h>

#include "samples.hpp"

using namespace belay;
using namespace belay::testing;

namespace {

const VariableLookup known =
    variables({{"NAME", "value"}, {"EMPTY", ""}, {"NESTED", "${NAME} $$"}, {"_x1", "y"}});

}  // namespace

TEST_CASE("a variable in braces becomes its value") {
  CHECK(expand_variables("a ${NAME}-${_x1}${EMPTY}.", known).text == "a value-y.");
}

TEST_CASE("a value is not expanded again") {
  CHECK(expand_variables("${NESTED}", known).text == "${NAME} $$");
}

TEST_CASE("two dollars are one, and what a shell would expand stays") {
  CHECK(expand_variables("$$ $${NAME} $HOME $(pwd) $", known).text == "$ ${NAME} $HOME $(pwd) $");
}

TEST_CASE("an unset variable is named with its place and stays in the text") {
  const Expanded expanded = expand_variables("ab ${GONE} ${NAME}", known);
  REQUIRE(expanded.unset.size() == 1);
  CHECK(expanded.unset[0].offset == 3);
  CHECK(expanded.unset[0].message == "the variable GONE is not set");
  CHECK(expanded.text == "ab ${GONE} value");
  CHECK(expanded.malformed.empty());
}

TEST_CASE("braces without a plain name are malformed") {
  for (const char* text : {"${}", "${1A}", "${A-b}", "${A:-b}", "${ A}", "${A"}) {
    CAPTURE(text);
    const Expanded expanded = expand_variables(text, known);
    CHECK(expanded.malformed.size() == 1);
    CHECK(expanded.unset.empty());
    CHECK(expanded.text == text);
  }
}

TEST_CASE("a text names its variables once each, and is filled with what there is") {
  CHECK(variables_in("${B} ${A}${B} $${C} $D") == std::vector<std::string>{"B", "A"});
  CHECK(filled("${A}-${B}-$$", {{"A", "${B}"}}) == "${B}-${B}-$");
}

TEST_CASE("a text that is filled in part means the same as one that is filled at once") {
  for (const std::string text :
       {"${A}${B}", "$${A} ${A} $$ $HOME ${B}", "${B}", "", "$$${A}$", "no variable $$"})
    for (const std::string value : {"v", "$", "$$", "${B}", "$${A}", ""}) {
      CAPTURE(text);
      CAPTURE(value);
      CHECK(filled(partly_filled(text, {{"A", value}}), {{"B", "b"}}) ==
            filled(text, {{"A", value}, {"B", "b"}}));
      CHECK(filled(as_template(value), {{"A", "x"}}) == value);
    }
}
