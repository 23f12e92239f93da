#include "model/visible_text.hpp"

#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace belay;

TEST_CASE("what a terminal would act on is shown, what people read stays") {
  struct Row {
    std::string name, text, shown;
  };
  const Row rows[]{
      {"plain", "Prüfe 漢字 👩‍💻", "Prüfe 漢字 👩‍💻"},
      {"lines and tabs", "one\n\ttwo\n", "one\n\ttwo\n"},
      {"Windows' lines", "one\r\ntwo\r\n", "one\ntwo\n"},
      {"lone CR", "good\rbad", "good\\rbad"},
      {"CR at the end", "good\r", "good\\r"},
      {"CSI", "\x1b[2J\x1b[31mred", "\\x1b[2J\\x1b[31mred"},
      {"OSC", "\x1b]0;title\a", "\\x1b]0;title\\x07"},
      {"OSC 8 and 52", "\x1b]52;c;AAAA\x1b\\", "\\x1b]52;c;AAAA\\x1b\\"},
      {"DCS", "\x1bP1$r\x1b\\", "\\x1bP1$r\\x1b\\"},
      {"C0", std::string("\0\x01\b\v\f\x0e\x1a\x1f", 8), "\\x00\\x01\\x08\\x0b\\x0c\\x0e\\x1a\\x1f"},
      {"DEL", "a\x7f", "a\\x7f"},
      {"C1", "\xc2\x80\xc2\x9b[31m\xc2\x9d\xc2\x9f", "\\u0080\\u009b[31m\\u009d\\u009f"},
      {"C1 as bytes", "\x9b[31m", "\\x9b[31m"},
      {"after C1", "\xc2\xa0\xc2\xa1", "\xc2\xa0\xc2\xa1"},
      {"bidi override", "a\u202egpj.exe", "a\\u202egpj.exe"},
      {"bidi", "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069",
       "\\u200e\\u200f\\u061c\\u202a\\u202b\\u202c\\u202d\\u2066\\u2067\\u2068\\u2069"},
      {"separators", "\u2028\u2029", "\\u2028\\u2029"},
      {"no width", "\u200b\ufeff\u2060", "\\u200b\\ufeff\\u2060"},
      {"tags", "\U000e0041", "\\U000e0041"},
      {"invalid UTF-8", "\xff\xfe a\xc3", "\\xff\\xfe a\\xc3"},
      {"overlong", "\xc0\x9b", "\\xc0\\x9b"},
      {"surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
      {"beyond Unicode", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
      {"torn", "\xe2\x82", "\\xe2\\x82"},
      {"empty", "", ""},
  };
  for (const auto& [name, text, shown] : rows) {
    CAPTURE(name);
    CHECK(visible_text(text) == shown);
    CHECK(visible_text(visible_text(text)) == shown);
  }
}

TEST_CASE("a text has a length at most, whatever it is made of, and says what is left out") {
  for (const std::string piece : {"x", "ü", "\x1b", "\xff", "\u202e", "\n", "\r\n"}) {
    std::string huge;
    while (huge.size() < 3 * longest_text) huge += piece;
    const std::string shown = visible_text(huge);
    CAPTURE(piece);
    CHECK(shown.size() <= longest_text);
    CHECK(shown.size() > longest_text - 100);
    CHECK(shown.ends_with(" bytes more)"));
    CHECK(visible_text(shown) == shown);
  }
  const std::string just(longest_text, 'x');
  CHECK(visible_text(just) == just);
  CHECK(visible_text(just + "x") != just + "x");
}

TEST_CASE("every text of a JSON value is shown, the keys too; all else stays") {
  const auto value = boost::json::parse(R"({"a\u001b":["\u009b",{"b":"\u202e"},1,-2,2.5,true,null],"c":{}})");
  CHECK(boost::json::serialize(visible(value)) ==
        R"({"a\\x1b":["\\u009b",{"b":"\\u202e"},1,-2,2.5E0,true,null],"c":{}})");
}
